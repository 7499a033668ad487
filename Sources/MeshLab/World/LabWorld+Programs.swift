public import Foundation
import MeshState

extension LabWorld {
    /// The programs of the world: the databases, and every workload under capture in its own pod's name.
    ///
    /// The proxies are not among them. ``MariaDB/prepare()`` of each database and ``LabCA/prepare()`` come first.
    ///
    /// - Parameters:
    ///   - executable: the meshtop binary, whose hidden command `lab-workload NAME ADDRESS PORT` runs a workload.
    ///   - library: the capture library.
    public static func programs(layout: LabLayout, executable: URL, library: URL) throws -> [Program] {
        let databases = try MariaDB.all(layout: layout).map { try $0.program() }
        return databases
            + LabWorkload.all.filter(\.hasProgram).compactMap { workload in
                node(for: workload, layout: layout).map { node in
                    program(workload, node, layout: layout, executable: executable, library: library)
                }
            }
    }

    private static func program(
        _ workload: LabWorkload, _ node: ProxyNode, layout: LabLayout, executable: URL, library: URL
    ) -> Program {
        var environment = Capture.environment(for: node, layout: layout, library: library)
        environment["PATH"] = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        environment["HOSTNAME"] = node.id.pod
        environment.merge(workload.environment) { $1 }
        return Program(
            name: "workload \(workload.name)", executable: executable.path,
            arguments: ["lab-workload", workload.name, node.loopback, String(workload.ports.first?.number ?? 0)],
            environment: environment,
            logFile: layout.logFile(
                namespace: workload.namespace, pod: workload.pod, container: workload.container))
    }
}
