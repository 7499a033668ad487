public import Foundation
import MeshState

extension LabWorld {
    /// The programs of the world: the database and every workload, each under capture in its own pod's name.
    ///
    /// The proxies are not among them. ``MariaDB/prepare()`` and ``LabCA/prepare()`` come first.
    ///
    /// - Parameters:
    ///   - executable: the meshtop binary, whose hidden command `lab-workload NAME ADDRESS PORT` runs a workload.
    ///   - library: the capture library.
    public static func programs(layout: LabLayout, executable: URL, library: URL) throws -> [Program] {
        [try MariaDB(layout: layout).program()]
            + nodes(layout: layout).filter { $0.kind == .sidecar }.map { node in
                workload(node, layout: layout, executable: executable, library: library)
            }
    }

    private static func workload(
        _ node: ProxyNode, layout: LabLayout, executable: URL, library: URL
    ) -> Program {
        var environment = Capture.environment(for: node, layout: layout, library: library)
        environment["PATH"] = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        environment["HOSTNAME"] = node.id.pod
        if node.workload == "ratings-v2-mysql" {
            environment["MYSQL_DB_HOST"] = OutsideHost.database.name
            environment["MYSQL_DB_PORT"] = "3306"
            environment["MYSQL_DB_USER"] = "bookinfo"
            environment["MYSQL_DB_PASSWORD"] = "bookinfo"
        }
        let port = node.applicationPorts.first?.number ?? 0
        return Program(
            name: "workload \(node.workload)", executable: executable.path,
            arguments: ["lab-workload", node.workload, node.loopback, String(port)], environment: environment,
            logFile: layout.logFile(
                namespace: node.id.namespace, pod: node.id.pod, container: node.labels["app"] ?? node.workload))
    }
}
