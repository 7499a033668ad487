import ArgumentParser
import MeshState
import MeshTUI

struct LabelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "label", abstract: "Set labels of an object, or take them away.",
        discussion: "For instance `meshtop label namespace shop istio-injection=enabled`.")
    @Argument(help: "The object's kind, as kubectl knows it.")
    var kind: String
    @Argument(help: "Its name.")
    var name: String
    @Argument(help: ArgumentHelp("What is set, or with a minus taken away.", valueName: "KEY=VALUE|KEY-"))
    var labels: [String]
    @Flag(help: "Print what would change and what it would do, and change nothing.")
    var dryRun = false
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let kind = try ObjectKind(argument: kind)
        let key = ObjectKey(
            kind: kind.name, namespace: kind.isNamespaced ? connection.namespace ?? "default" : "", name: name)
        let work = ObjectWork.label(key, try ObjectWork.labels(labels))
        try await connection.withMesh(origin: "meshtop label") { session, snapshot in
            try await session.perform(work, dryRun: dryRun, snapshot: snapshot)
        }
    }
}

struct RestartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart", abstract: "Have the pods of a workload made anew.",
        discussion: "They are deleted, and what owns them makes others: as after a label that gives them a sidecar.")
    @Argument(help: "The workload's name.")
    var workload: String
    @Flag(help: "Print what would go and what that would do, and change nothing.")
    var dryRun = false
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let work = ObjectWork.restart(namespace: connection.namespace ?? "default", workload: workload)
        try await connection.withMesh(origin: "meshtop restart") { session, snapshot in
            try await session.perform(work, dryRun: dryRun, snapshot: snapshot)
        }
    }
}

struct RouteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "route", abstract: "Send calls to an entry's hosts through the egress gateway.",
        discussion: """
            It makes a Gateway and a VirtualService, in the entry's namespace and of its name; `meshtop undo` takes both \
            back.
            """)
    @Argument(
        help: "The entry's name.",
        completion: .custom { words, _, _ in await Completion.names(of: Listing(.entries), words) })
    var name: String
    @Flag(help: "Print what would change and what it would do, and change nothing.")
    var dryRun = false
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withMesh(origin: "meshtop route") { session, snapshot in
            let entry = try snapshot.entry(named: name)
            let route = try EgressRoute(for: entry, among: snapshot.services.map(\.service))
            warn(route.summary)
            try await session.perform(.route(route), dryRun: dryRun, snapshot: snapshot)
        }
    }
}

extension ObjectKind {
    init(argument: String) throws {
        guard let kind = ObjectKind(argument) else {
            let kinds = ObjectKind.all.map { $0.name.lowercased() }.joined(separator: ", ")
            throw ValidationError("\(argument) is none of the kinds \(kinds)")
        }
        self = kind
    }
}
