import MeshState
import Testing

@testable import MeshClient

struct LogFollowerTests {
    private static let proxy = ProxyID(pod: "sleep-1", namespace: "default")

    /// A line of Istio's access log of a call to a host at a second, as the API gives it.
    static func line(_ second: Int, _ host: String) -> String {
        let time = "2026-11-21T11:10:\(second < 10 ? "0" : "")\(second).125Z"
        return "\(time) [\(time)] \"GET / HTTP/1.1\" 502 - direct_response - \"-\" 0 0 0 - \"-\" \"curl\" \"id\" "
            + "\"\(host)\" \"-\" - - 192.0.2.1:80 10.244.0.5:40000 - block_all\n"
    }

    private func follow(
        _ server: ScriptedServer, until condition: @escaping @Sendable (Told) -> Bool
    ) async throws -> Told {
        let told = Told()
        let client = try KubernetesClient(access: server.access)
        let settings = LogFollower.Settings(policy: .quick, batching: .milliseconds(5), random: { 0 })
        let follower = LogFollower(
            proxy: Self.proxy, client: client, alarm: Alarm(), settings: settings, tell: told.tell)
        let task = Task { await follower.run() }
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

    /// Hosts in the order in which they were told.
    private func hosts(_ told: Told) -> [String] {
        told.all.flatMap { fact -> [String] in
            guard case .accessLog(_, let records) = fact else { return [] }
            return records.compactMap(\.authority)
        }
    }

    @Test func readsWhatIsThereThenFollows() async throws {
        let server = try await ScriptedServer { request, reply in
            if request.query["follow"] == nil {
                return try await reply.answer(
                    Self.line(1, "a") + "2026-11-21T11:10:01Z Envoy says hello\n" + Self.line(2, "b"))
            }
            try await reply.begin()
            let next = Self.line(3, "c")
            try await reply.send(Self.line(1, "a") + Self.line(2, "b") + String(next.prefix(30)))
            try await reply.send(String(next.dropFirst(30)))
            try await reply.hang()
        }
        let told = try await follow(server) { $0.summary.contains("log c") }
        #expect(told.summary == ["log a,b", "alive", "log c"])
        let queries = server.requests.map(\.query)
        #expect(server.requests[0].path == "/api/v1/namespaces/default/pods/sleep-1/log")
        #expect(queries[0]["container"] == "istio-proxy")
        #expect(queries[0]["timestamps"] == "true")
        #expect(queries[0]["tailLines"] == "2000")
        #expect(queries[0]["sinceSeconds"] == "3600")
        #expect(queries[1]["sinceTime"] == "2026-11-21T11:09:52Z")
        #expect(queries[1]["tailLines"] == nil)
    }

    /// The connection is cut after every line or two, in the middle of the next: each line is told once, in order.
    @Test func resumesWithoutLossOrRepetition() async throws {
        let log = (1...9).map { Self.line($0 / 2, "h\($0)") }
        let cuts = Counter()
        let server = try await ScriptedServer { request, reply in
            if request.query["follow"] == nil { return try await reply.answer(log[0]) }
            let since = request.query["sinceTime"] ?? ""
            let visible = min(cuts.increment(), log.count)
            try await reply.begin()
            for line in log.prefix(visible) where line >= since { try await reply.send(line) }
            guard visible < log.count else { return try await reply.hang() }
            try await reply.send(String(log[visible].prefix(40)))
            try await reply.cut()
        }
        let told = try await follow(server) { [self] in hosts($0).contains("h9") }
        #expect(hosts(told) == (1...9).map { "h\($0)" })
    }

    @Test func recordsThatComeTogetherAreToldTogether() async throws {
        let server = try await ScriptedServer { request, reply in
            if request.query["follow"] == nil { return try await reply.answer("") }
            try await reply.begin()
            for number in 1...50 { try await reply.send(Self.line(1, "h\(number)")) }
            try await reply.hang()
        }
        let told = try await follow(server) { [self] in hosts($0).count == 50 }
        #expect(told.summary.first == "alive", "an empty log has been read as well")
        #expect(told.summary.filter { $0.hasPrefix("log") }.count < 50)
    }

    @Test func refusalsAreToldWithTheRightThatIsMissing() async throws {
        let denied = try RecordedAnswer("err-403-list.http")
        let broken = try RecordedAnswer("pod-log-nokubelet-500.http")
        let requests = Counter()
        let server = try await ScriptedServer { _, reply in
            let answer = requests.increment() == 1 ? denied : broken
            try await reply.answer(answer.status, answer.body)
        }
        let told = try await follow(server) { $0.all.count >= 2 }
        #expect(told.summary[0].hasPrefix("denied: serviceentries"))
        #expect(told.summary[0].hasSuffix("blocked egress is read from logs (get pods/log)"))
        #expect(told.summary[1] == "failed 2: no preferred addresses found; known addresses: []")
    }
}
