public import ArgumentParser
import Foundation
import MeshClient
import MeshLab
import MeshState
public import MeshTUI

extension NameSpecification {
    /// The flag of a setting.
    static func setting(_ setting: Setting) -> NameSpecification { [.setting(setting)] }
}

extension NameSpecification.Element {
    /// The flag of a setting.
    static func setting(_ setting: Setting) -> NameSpecification.Element {
        .customLong(String(setting.flag.dropFirst(2)))
    }
}

extension ArgumentHelp {
    /// What the table of settings says.
    static func setting(_ setting: Setting) -> ArgumentHelp {
        switch setting.kind {
        case .flag: ArgumentHelp("\(setting.help).")
        default: ArgumentHelp("\(setting.help)." + (setting.standard.map { " (default: \($0))" } ?? ""))
        }
    }
}

/// Which mesh, and which part of it.
struct ConnectionOptions: ParsableArguments {
    @Option(help: .setting(.kubeconfig), completion: .file())
    var kubeconfig: String?

    @Option(help: .setting(.context), completion: .custom { words, _, _ in Completion.contexts(words) })
    var context: String?

    @Option(help: .setting(.server))
    var server: String?

    @Option(
        name: [.short, .long], help: .setting(.namespace),
        completion: .custom { words, _, _ in await Completion.namespaces(words) })
    var namespace: String?

    mutating func validate() throws {
        let configuration = try Configuration.forCommand()
        kubeconfig = kubeconfig ?? configuration.path(.kubeconfig)
        context = context ?? configuration.text(.context)
        server = server ?? configuration.text(.server)
        namespace = namespace ?? configuration.text(.namespace)
    }

    /// A mesh to look at, not yet spoken to; `interval` is the seconds between two polls.
    ///
    /// - Parameter origin: which part of meshtop makes changes with it, as the journal calls it.
    func session(interval: Double = 1, origin: String = "meshtop") throws -> MeshSession {
        let (access, nameServers) = try resolve()
        return try MeshSession(
            access: access, namespace: namespace, interval: interval, nameServers: nameServers, origin: origin)
    }

    /// The API alone, and who knows addresses for names.
    func client() throws -> (client: KubernetesClient, resolver: NameResolver) {
        let (access, nameServers) = try resolve()
        return (try KubernetesClient(access: access), NameResolver(servers: nameServers))
    }

    /// How the API is reached, and who knows the names behind addresses: for the lab its own name server.
    private func resolve() throws -> (access: ClusterAccess, nameServers: [MeshClient.NameServer]?) {
        let isNamed = server != nil || context != nil || kubeconfig != nil
        if !isNamed, let lab = try Self.runningLab() { return lab }
        if let server, context == nil, kubeconfig == nil {
            return (try ClusterAccess(server: server, token: ProcessInfo.processInfo.environment["MESHTOP_TOKEN"]), nil)
        }
        var access = try MeshClient.Kubeconfig(path: kubeconfig).access(context: context)
        if let server { access.server = try ClusterAccess(server: server).server }
        return (access, nil)
    }

    /// What a command with these arguments would be given.
    static func reading(_ arguments: [String]) async throws -> ConnectionOptions {
        // Options may ask the API for completions as those of an asynchronous command alone.
        struct Command: AsyncParsableCommand {
            @OptionGroup var connection: ConnectionOptions
        }
        return try await Command.asyncParse(arguments).connection
    }

    /// The running lab, whatever the configuration names.
    static func lab() async throws -> ConnectionOptions {
        var connection = try await reading([])
        connection.kubeconfig = nil
        connection.context = nil
        connection.server = nil
        connection.namespace = nil
        return connection
    }

    /// What the lab's context is called; nil when it does not run.
    static func labContext() throws -> String? { try runningLab()?.access.context }

    private static func runningLab() throws -> (access: ClusterAccess, nameServers: [MeshClient.NameServer]?)? {
        let lab = LabControl()
        guard try lab.isRunning, let layout = try lab.layout() else { return nil }
        let access = try MeshClient.Kubeconfig(path: layout.kubeconfigFile.path).access()
        return (access, [MeshClient.NameServer(host: layout.nameServerAddress, port: layout.nameServerPort)])
    }
}

extension ColorChoice: ExpressibleByArgument {}

/// Seconds as they are written after a flag: `2`, `500ms`.
struct Seconds: ExpressibleByArgument, Sendable, Hashable {
    let value: Double

    init(_ value: Double) { self.value = value }

    init?(argument: String) {
        guard let seconds = Setting.seconds(argument) else { return nil }
        value = seconds
    }
}

/// How the console looks and what it may do.
struct ScreenOptions: ParsableArguments {
    @OptionGroup var recorder: RecorderOptions

    @Option(name: .setting(.interval), help: .setting(.interval))
    var intervalOption: Seconds?

    @Option(
        name: .setting(.theme), help: .setting(.theme),
        completion: .custom { _, _, _ in ThemeLibrary(folders: Places().themeFolders).names })
    var themeOption: String?

    @Option(name: .setting(.color), help: .setting(.color))
    var colorOption: ColorChoice?

    @Flag(name: .setting(.ascii), inversion: .prefixedNo, help: .setting(.ascii))
    var asciiOption: Bool?

    @Flag(name: .setting(.mouse), inversion: .prefixedNo, help: .setting(.mouse))
    var mouseOption: Bool?

    @Flag(name: .setting(.readOnly), help: .setting(.readOnly))
    var readOnlyFlag = false

    @Flag(help: "Begin with the blocked calls as a stream, the newest at the bottom.")
    var watch = false

    var interval: Double { intervalOption?.value ?? 1 }
    var color: ColorChoice { colorOption ?? .auto }
    var ascii: Bool { asciiOption ?? false }
    var mouse: Bool { mouseOption ?? false }

    mutating func validate() throws {
        let configuration = try Configuration.forCommand()
        if let given = intervalOption, Setting.interval.value(of: String(given.value)) == nil {
            throw ValidationError("\(Setting.interval.flag) takes \(Setting.interval.expectation)")
        }
        if intervalOption == nil, case .seconds(let seconds)? = configuration.value(.interval) {
            intervalOption = Seconds(seconds)
        }
        colorOption = colorOption ?? configuration.text(.color).flatMap(ColorChoice.init)
        asciiOption = asciiOption ?? configuration.flag(.ascii)
        mouseOption = mouseOption ?? configuration.flag(.mouse)
    }
}
