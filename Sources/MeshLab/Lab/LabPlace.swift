import Foundation
import Glibc
import MeshState

/// A place in the lab's world where a command can be run: a workload, or a host outside the mesh.
struct LabPlace: Sendable {
    /// What it can be called, the usual name first.
    let names: [String]
    /// What a command needs to run as if there.
    let environment: [String: String]

    /// Every place, in the order in which a name is looked up.
    static func all(layout: LabLayout, library: URL) throws -> [LabPlace] {
        let inhabited = LabWorkload.all.filter { ![.istiod, .nameServer].contains($0) }
        let workloads = try inhabited.map { workload in
            // The pod is the one that there is now.
            let isReplaced =
                try workload == .plainSleep
                && LabWorld.node(for: .injectedSleep, layout: layout).map {
                    try SocketProbe.isListening(address: $0.loopback, port: ProxyNode.outboundPort)
                } == true
            let workload = isReplaced ? .injectedSleep : workload
            let node = LabWorld.node(for: workload, layout: layout)
            var environment =
                node.map { Capture.environment(for: $0, layout: layout, library: library) }
                ?? Capture.environment(
                    outsideAt: workload.ip, namespace: workload.namespace, layout: layout, library: library)
            environment["HOSTNAME"] = workload.pod
            return LabPlace(
                names: [workload.name, "\(workload.name).\(workload.namespace)", workload.pod],
                environment: environment)
        }
        let hosts = OutsideHost.named.filter { !$0.name.hasPrefix("*") }.map { host in
            LabPlace(
                names: host.names,
                environment: Capture.environment(
                    outsideAt: host.address, namespace: nil, layout: layout, library: library))
        }
        let databases = [
            (OutsideHost.database.name, MariaDB.external(layout: layout)),
            (LabWorkload.virtualMachine.name, MariaDB.virtualMachine(layout: layout)),
        ]
        return (workloads + hosts).map { place in
            guard let (_, database) = databases.first(where: { place.names.contains($0.0) }) else { return place }
            var environment = place.environment
            // Where MariaDB's clients look for the server of their own machine, as Debian has it and as others do.
            environment["MESHTOP_PATHS", default: ""] += "\n/run/mysqld/=\(database.socketDirectory.path)/"
            environment["MYSQL_UNIX_PORT"] = "/run/mysqld/mysqld.sock"
            return LabPlace(names: place.names, environment: environment)
        }
    }

    /// The commands of a pod that this machine may lack, at the end of the search path: `mysql`, where the client is
    /// called `mariadb` alone, and `pilot-agent request METHOD PATH`, which asks the pod's proxy.
    static func commands(layout: LabLayout) throws -> URL {
        let folder = layout.stateDirectory.appending(path: "bin")
        let agent = """
            #!/bin/sh
            [ "$1" = request ] && [ $# -eq 3 ] || { echo "usage: pilot-agent request METHOD PATH" >&2; exit 2; }
            exec curl -sS -X "$2" "http://127.0.0.1:\(ProxyNode.adminPort)/$3"

            """
        let client = "#!/bin/sh\nexec mariadb \"$@\"\n"
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for (name, text) in ["pilot-agent": agent, "mysql": client] {
            let file = folder.appending(path: name)
            if FileManager.default.contents(atPath: file.path) == Data(text.utf8) { continue }
            try Data(text.utf8).writePrivately(to: file)
            guard chmod(file.path, 0o700) == 0 else {
                throw LabError("cannot make \(file.path) executable: \(String(cString: strerror(errno)))")
            }
        }
        return folder
    }
}
