import MeshState
import Testing

@testable import MeshClient

struct ResourceWatcherTests {
    private let settings = ResourceWatcher.Settings(policy: .quick, idle: .seconds(60), random: { 0 })

    /// Runs a watcher of pods until a condition holds.
    private func watch(
        _ server: ScriptedServer, _ settings: ResourceWatcher.Settings, resource: Resource = .pods,
        until condition: @escaping @Sendable (Told) -> Bool
    ) async throws -> Told {
        let told = Told()
        let client = try KubernetesClient(access: server.access)
        let watcher = ResourceWatcher(
            resource, namespace: nil, source: .watch(resource.plural), client: client, alarm: Alarm(),
            settings: settings, tell: told.tell)
        let task = Task { await watcher.run() }
        defer { task.cancel() }
        do {
            try await eventually { condition(told) }
        } catch {
            Issue.record("told so far: \(told.summary)")
        }
        task.cancel()
        await task.value
        await client.shutdown()
        await server.stop()
        return told
    }

    @Test func listsThenWatches() async throws {
        let server = try await ScriptedServer { request, reply in
            guard request.isWatch else {
                return try await reply.answer(list([object("Pod", "a", version: 4)], version: 5))
            }
            try await reply.begin()
            let line = event("ADDED", object("Pod", "b", version: 6))
            // A line may come in pieces.
            try await reply.send(String(line.prefix(20)))
            try await reply.send(String(line.dropFirst(20)) + event("MODIFIED", object("Pod", "b", version: 7)))
            try await reply.send(event("DELETED", object("Pod", "a", version: 8)) + bookmark(9))
            try await reply.hang()
        }
        let told = try await watch(server, settings) { $0.all.count >= 6 }
        #expect(told.summary == ["listed a", "alive", "applied b", "applied b", "deleted a", "alive"])
        let query = server.requests.last?.query
        #expect(query?["resourceVersion"] == "5")
        #expect(query?["allowWatchBookmarks"] == "true")
        #expect(query?["timeoutSeconds"] == "240")
    }

    /// However a watch ends, the next one goes on where it was; a line that was cut off comes again.
    @Test(arguments: ["end", "cut", "idle"])
    func resumesWithoutLossOrRepetition(ending: String) async throws {
        var settings = settings
        if ending == "idle" { settings.idle = .milliseconds(300) }
        let watches = Counter()
        let server = try await ScriptedServer { request, reply in
            guard request.isWatch else { return try await reply.answer(list([], version: 5)) }
            watches.increment()
            try await reply.begin()
            let version = Int(request.query["resourceVersion"] ?? "") ?? 0
            if version < 9 {
                try await reply.send(event("ADDED", object("Pod", "p\(version + 1)", version: version + 1)))
                let next = event("ADDED", object("Pod", "p\(version + 2)", version: version + 2))
                switch ending {
                case "end": return try await reply.end()
                case "cut":
                    try await reply.send(String(next.prefix(next.count / 2)))
                    try await reply.cut()
                default:
                    try await reply.send(String(next.prefix(next.count / 2)))
                }
            }
            try await reply.hang()
        }
        let told = try await watch(server, settings) { $0.summary.contains("applied p9") }
        #expect(
            told.summary.filter { $0.hasPrefix("applied") || $0.hasPrefix("listed") }
                == ["listed ", "applied p6", "applied p7", "applied p8", "applied p9"])
        #expect(watches.value >= 4)
        if ending == "idle" { #expect(!told.summary.contains { $0.hasPrefix("failed") }) }
    }

    @Test func listsAnewWhereTheVersionIsTooOld() async throws {
        let expired = try RecordedAnswer("watch-rv1-410.http")
        let lists = Counter()
        let server = try await ScriptedServer { request, reply in
            guard request.isWatch else {
                let count = lists.increment()
                return try await reply.answer(list([object("Pod", "p\(count)", version: count)], version: count * 10))
            }
            if request.query["resourceVersion"] == "10" {
                try await reply.begin()
                try await reply.send(bookmark(11))
                try await reply.send(expired.body)
                return try await reply.end()
            }
            try await reply.begin()
            try await reply.hang()
        }
        let told = try await watch(server, settings) { $0.summary.contains("listed p2") }
        #expect(told.summary.prefix(4) == ["listed p1", "alive", "alive", "listed p2"])
    }

    @Test func tellsWhatIsWrongAndRecovers() async throws {
        let denied = try RecordedAnswer("err-403-list.http")
        let requests = Counter()
        let server = try await ScriptedServer { request, reply in
            if request.isWatch {
                try await reply.begin()
                return try await reply.hang()
            }
            switch requests.increment() {
            case 1: try await reply.answer(denied.status, denied.body)
            case 2: try await reply.answer(500, #"{"kind":"Status","message":"etcd is away"}"#)
            case 3: try await reply.cut()
            default: try await reply.answer(list([], version: 1))
            }
        }
        let told = try await watch(server, settings) { $0.summary.contains("listed ") }
        #expect(told.summary[0].hasPrefix("denied: serviceentries.networking.istio.io is forbidden"))
        #expect(
            Array(told.summary[1...3]) == [
                "failed 2: etcd is away", "failed 3: \(server.address) cut the connection", "listed ",
            ])
    }

    @Test func anErrorOfTheServerIsTold() async throws {
        let watches = Counter()
        let server = try await ScriptedServer { request, reply in
            guard request.isWatch else { return try await reply.answer(list([], version: 1)) }
            try await reply.begin()
            if watches.increment() == 1 {
                try await reply.send(event("ERROR", ["kind": "Status", "message": "boom", "code": 500]))
                return try await reply.end()
            }
            try await reply.hang()
        }
        let told = try await watch(server, settings) { $0.summary.count >= 4 }
        #expect(told.summary.prefix(4) == ["listed ", "alive", "failed 1: boom", "listed "])
    }

    @Test func whatIsNoJSONIsToldAndTheListIsReadAnew() async throws {
        let watches = Counter()
        let server = try await ScriptedServer { request, reply in
            guard request.isWatch else { return try await reply.answer(list([], version: 1)) }
            try await reply.begin()
            if watches.increment() == 1 { try await reply.send("garbage\n") }
            try await reply.hang()
        }
        let told = try await watch(server, settings) { $0.summary.count >= 4 }
        #expect(told.summary[2].contains("not valid JSON"))
        #expect(told.summary[3] == "listed ")
    }

    @Test func ringingTheAlarmRetriesAtOnce() async throws {
        let requests = Counter()
        let server = try await ScriptedServer { request, reply in
            if request.isWatch {
                try await reply.begin()
                return try await reply.hang()
            }
            if requests.increment() == 1 { return try await reply.answer(500, "") }
            try await reply.answer(list([], version: 1))
        }
        let told = Told()
        let alarm = Alarm()
        let client = try KubernetesClient(access: server.access)
        var settings = settings
        settings.policy = .init(first: .seconds(600), limit: .seconds(600))
        let watcher = ResourceWatcher(
            .pods, namespace: nil, source: .watch("pods"), client: client, alarm: alarm, settings: settings,
            tell: told.tell)
        let task = Task { await watcher.run() }
        try await eventually { told.all.count == 1 }
        alarm.ring()
        try await eventually { told.summary.contains("listed ") }
        task.cancel()
        await task.value
        await client.shutdown()
        await server.stop()
    }
}
