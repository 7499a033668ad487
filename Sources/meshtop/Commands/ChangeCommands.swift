import ArgumentParser
import Foundation
import MeshClient
import MeshState
import MeshTUI

/// What every command that changes the mesh takes.
struct ChangeOptions: ParsableArguments {
    @Flag(help: "Print the YAML that would be applied and what it would do, and change nothing.")
    var dryRun = false
    @Option(
        name: .customLong("for"),
        help: ArgumentHelp(
            "Only for so long, as in 30m or 1h30m; then a console, `meshtop sweep` or the lab takes it back.",
            valueName: "DURATION"))
    var duration: Duration?

    /// A time that something lasts, in seconds.
    struct Duration: ExpressibleByArgument {
        let seconds: Double

        init(seconds: Double) { self.seconds = seconds }

        var defaultValueDescription: String { "\(Int(seconds / 3600))h" }

        init?(argument: String) {
            guard let seconds = Expiry.seconds(of: argument) else { return nil }
            self.seconds = seconds
        }
    }
}

struct AllowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "allow", abstract: "Let calls to a host and port out, by a ServiceEntry.",
        discussion: """
            If such a call was blocked, the entry is made from it: its protocol, and for a plain connection its address. \
            The command ends when the proxies hold the entry.
            """)
    @Argument(
        help: ArgumentHelp("The host or address, and the port.", valueName: "HOST:PORT"),
        completion: .custom { words, _, _ in await Completion.names(of: Listing(.blocked), words) })
    var destination: String
    @Option(
        help: "Only blocked calls of this workload count, and the entry goes into its namespace.",
        completion: .custom { words, _, _ in await Completion.workloads(words) })
    var from: String?
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var change: ChangeOptions

    func run() async throws {
        guard let colon = destination.lastIndex(of: ":"), colon != destination.startIndex,
            let port = Int(destination[destination.index(after: colon)...])
        else { throw ValidationError("\(destination) is not HOST:PORT, as in mysql.example.com:3306") }
        let host = String(destination[..<colon])
        try await connection.withMesh(origin: "meshtop allow") { session, snapshot in
            let wasBlocked = snapshot.blocked.contains { [$0.name, $0.id.target].contains(host) && $0.id.port == port }
            let address = wasBlocked ? nil : try await session.resolver.address(of: host)
            let request = try SuggestedEntry.make(
                host: host, port: port, from: from, address: address, in: snapshot, namespace: connection.namespace,
                id: 1)
            try await change.carryOut(change.limited(request, in: session), in: session) { snapshot, name in
                snapshot.holders(of: name) > 0
            }
        }
    }
}

struct ToggleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "toggle", abstract: "Switch a service entry off, or on again, without losing anything of it.",
        discussion: "The command ends when no proxy holds the entry any more, or they do again.")
    @Argument(
        help: "The entry's name.",
        completion: .custom { words, _, _ in await Completion.names(of: Listing(.entries), words) })
    var name: String
    @Flag(name: .customLong("on"), help: "Switch it on; nothing to do if it is.")
    var on = false
    @Flag(name: .customLong("off"), help: "Switch it off; nothing to do if it is.")
    var off = false
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var change: ChangeOptions

    func validate() throws {
        if on && off { throw ValidationError("give --on or --off, not both") }
    }

    func run() async throws {
        try await connection.withMesh(origin: "meshtop toggle") { session, snapshot in
            let entry = try snapshot.entry(named: name)
            let isOff = EntrySwitch.isOff(entry) != nil
            let shallBeOff = off || (!on && !isOff)
            guard isOff != shallBeOff else {
                print("serviceentry \(entry.meta.name) is \(isOff ? "off" : "on") already")
                return
            }
            let request =
                shallBeOff
                ? try EntrySwitch.switchOff(
                    entry, version: snapshot.istioVersion, by: NSUserName(), at: snapshot.time, id: 1)
                : try EntrySwitch.switchOn(entry, id: 1)
            try await change.carryOut(change.limited(request, in: session), in: session) { snapshot, name in
                shallBeOff == (snapshot.holders(of: name) == 0)
            }
        }
    }
}

struct KeepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keep", abstract: "Keep a service entry that would end by itself, or that is off for a while.",
        discussion: "It stays as it is for good, or with --for for so long from now on.")
    @Argument(
        help: "The entry's name.",
        completion: .custom { words, _, _ in await Completion.names(of: Listing(.entries), words) })
    var name: String
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var change: ChangeOptions

    func run() async throws {
        try await connection.withMesh(origin: "meshtop keep") { session, snapshot in
            let request = try Expiry.prolong(
                snapshot.entry(named: name), to: change.duration?.seconds, at: Date(), id: 1)
            // Nothing of it is to be seen in the proxies.
            try await change.carryOut(request, in: session) { _, _ in true }
        }
    }
}

extension ConnectionOptions {
    /// Looks at the mesh, hands it over, and lets go of it again.
    func withMesh(origin: String, _ body: (MeshSession, MeshSnapshot) async throws -> Void) async throws {
        // A change is confirmed by the proxies, so they are asked often.
        let session = try session(interval: 0.25, origin: origin)
        do {
            let snapshot = await session.firstSnapshot()
            let watch = snapshot.sources[.watch("serviceentries")]?.condition
            switch watch {
            case .failing(let reason, _, _), .denied(let reason): throw Failure(reason)
            case .connecting, nil: throw Failure("\(session.identity.server) did not answer within 10 s")
            case .live: try await body(session, snapshot)
            }
        } catch {
            await session.stop()
            throw error
        }
        await session.stop()
    }
}

extension ChangeOptions {
    /// Makes a change, or prints it; says what came of it, and waits until the proxies have taken it.
    fileprivate func carryOut(
        _ request: ChangeRequest, in session: MeshSession,
        until isInEffect: @escaping @Sendable (MeshSnapshot, ObjectKey) -> Bool
    ) async throws {
        if dryRun {
            print(request.object.map { $0.withoutManagedFields.yamlText } ?? "", terminator: "")
            let live = try await LiveMesh(session.source.client)
            live.gaps.forEach(warn)
            let whatIf = try WhatIf(of: request, in: live.configuration, snapshot: await session.snapshot())
            // As comments, so that all of it is still YAML.
            print(whatIf.lines.map { "# \($0)\n" }.joined(), terminator: "")
            return
        }
        try Configuration.requireUnlocked(context: session.identity.context)
        switch await session.perform(request) {
        case .failed(let message, _): throw Failure(message)
        case .done(let object, let warnings):
            warnings.forEach { warn("Warning: \($0)") }
            let name = object["metadata"]?["name"]?.stringValue ?? request.target.name
            let key = ObjectKey(kind: request.target.kind, namespace: request.target.namespace, name: name)
            guard await session.wait(atMost: .seconds(10), until: { isInEffect($0, key) }) else {
                throw Failure(
                    "\(request.summary): the API took it, but the proxies do not show it; see `meshtop entries`")
            }
            let snapshot = await session.snapshot()
            print("\(request.summary): done; \(snapshot.holders(of: key)) of \(snapshot.proxies.count) proxies hold it")
        }
    }
}

extension ChangeOptions {
    /// The change for as long as was asked for.
    fileprivate func limited(_ request: ChangeRequest, in session: MeshSession) async throws -> ChangeRequest {
        guard let duration else { return request }
        let before = await session.snapshot().entries.first { $0.id == request.target }?.entry.object
        return try Expiry.limit(request, before: before, to: duration.seconds, at: Date())
    }
}

extension MeshSnapshot {
    /// How many proxies hold a cluster of an entry.
    fileprivate func holders(of entry: ObjectKey) -> Int { entries.first { $0.id == entry }?.proxies ?? 0 }
}
