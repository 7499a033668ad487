public import ArgumentParser
public import CursesTerminal
import Foundation
import MeshClient
import MeshLab
import MeshState

/// Which mesh, and which part of it.
struct ConnectionOptions: ParsableArguments {
    @Option(help: "The kubeconfig file; otherwise $KUBECONFIG, otherwise ~/.kube/config.", completion: .file())
    var kubeconfig: String?

    @Option(
        help: "The context of the kubeconfig to use.",
        completion: .custom { words, _, _ in Completion.contexts(words) })
    var context: String?

    @Option(help: "The address of the Kubernetes API, in place of the context's.")
    var server: String?

    @Option(
        name: [.short, .long], help: "Look at one namespace alone.",
        completion: .custom { words, _, _ in await Completion.namespaces(words) })
    var namespace: String?

    /// A mesh to look at, not yet spoken to; `interval` is the seconds between two polls.
    func session(interval: Double = 1) throws -> MeshSession {
        let (access, nameServers) = try resolve()
        return try MeshSession(access: access, namespace: namespace, interval: interval, nameServers: nameServers)
    }

    /// The API alone, and who knows addresses for names.
    func client() throws -> (client: KubernetesClient, resolver: NameResolver) {
        let (access, nameServers) = try resolve()
        return (try KubernetesClient(access: access), NameResolver(servers: nameServers))
    }

    /// How the API is reached, and who knows the names behind addresses: for the lab its own name server.
    private func resolve() throws -> (access: ClusterAccess, nameServers: [MeshClient.NameServer]?) {
        let isNamed = server != nil || context != nil || kubeconfig != nil
        if !isNamed, let lab = try runningLab() { return lab }
        if let server, context == nil, kubeconfig == nil {
            return (try ClusterAccess(server: server, token: ProcessInfo.processInfo.environment["MESHTOP_TOKEN"]), nil)
        }
        var access = try MeshClient.Kubeconfig(path: kubeconfig).access(context: context)
        if let server { access.server = try ClusterAccess(server: server).server }
        return (access, nil)
    }

    private func runningLab() throws -> (access: ClusterAccess, nameServers: [MeshClient.NameServer]?)? {
        let lab = LabControl()
        guard try lab.isRunning, let layout = try lab.layout() else { return nil }
        let access = try MeshClient.Kubeconfig(path: layout.kubeconfigFile.path).access()
        return (access, [MeshClient.NameServer(host: layout.nameServerAddress, port: layout.nameServerPort)])
    }
}

extension ColorChoice: ExpressibleByArgument {}

/// How the console looks and what it may do.
struct ScreenOptions: ParsableArguments {
    @Option(help: "Seconds between two polls of the proxies.")
    var interval: Double = 1

    @Option(help: "How many colours to use.")
    var color: ColorChoice = .auto

    @Flag(help: "Draw with ASCII alone.")
    var ascii = false

    @Flag(help: "Lock all changes; no key unlocks them.")
    var readOnly = false

    func validate() throws {
        guard interval >= 0.2, interval <= 3600 else { throw ValidationError("--interval takes 0.2 to 3600 seconds") }
    }
}
