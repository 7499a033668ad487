import MeshState
import NIOCore
import NIOHTTP1
import Testing

@testable import MeshClient

struct KubernetesClientTests {
    private func failure(_ body: () async throws -> some Any) async throws -> RequestFailure {
        var caught: RequestFailure?
        do { _ = try await body() } catch { caught = error as? RequestFailure }
        return try #require(caught)
    }

    @Test func readsAListPageByPage() async throws {
        let server = try await ScriptedServer { request, reply in
            switch request.query["continue"] {
            case nil: try await reply.answer(list([object("Pod", "a", version: 1)], version: 9, next: "more/+="))
            case "more/+=": try await reply.answer(list([object("Pod", "b", version: 2)], version: 9))
            default: try await reply.answer(400, "")
            }
        }
        let client = try KubernetesClient(access: server.access)
        let pods = try await client.list(.pods, namespace: "a b/c")
        #expect(pods.objects.map { $0["metadata"]?["name"] } == ["a", "b"])
        #expect(pods.resourceVersion == "9")
        #expect(server.requests.map(\.path) == Array(repeating: "/api/v1/namespaces/a b/c/pods", count: 2))
        await client.shutdown()
        await server.stop()
    }

    @Test func aListThatExpiresBetweenPagesBeginsAgain() async throws {
        let expired = try RecordedAnswer("list-continue-expired-410.http")
        let lists = Counter()
        let server = try await ScriptedServer { request, reply in
            if request.query["continue"] != nil {
                try await reply.answer(410, expired.body)
            } else {
                let next = lists.increment() == 1 ? "expires" : ""
                try await reply.answer(list([object("Pod", "a", version: 1)], version: 9, next: next))
            }
        }
        let client = try KubernetesClient(access: server.access)
        #expect(try await client.list(.pods).objects.count == 1)
        await client.shutdown()
        await server.stop()
    }

    @Test func eventsOfOneObjectAreAskedForAndTheLatestComesFirst() async throws {
        let server = try await ScriptedServer { _, reply in
            let events: [JSONValue] = [
                ["reason": "Old", "lastTimestamp": "2026-11-21T14:00:00Z"],
                ["reason": "New", "series": ["count": 4, "lastObservedTime": "2026-11-21T14:02:00.000000Z"]],
            ]
            try await reply.answer(list(events, version: 9))
        }
        let client = try KubernetesClient(access: server.access)
        let events = try await client.events(of: ObjectKey(kind: "ServiceEntry", namespace: "shop", name: "cnn"))
        #expect(events.map(\.reason) == ["New", "Old"])
        #expect(events.map(\.count) == [4, 1])
        let request = try #require(server.requests.first)
        #expect(request.path == "/api/v1/namespaces/shop/events")
        #expect(request.query["fieldSelector"] == "involvedObject.kind=ServiceEntry,involvedObject.name=cnn")
        await client.shutdown()
        await server.stop()
    }

    @Test func objectsOfAListGetTheirKind() async throws {
        let server = try await ScriptedServer { _, reply in
            try await reply.answer(
                ["metadata": ["resourceVersion": "1"], "items": [["metadata": ["name": "a"]]]] as JSONValue)
        }
        let client = try KubernetesClient(access: server.access)
        let first = try #require(try await client.list(.services).objects.first)
        #expect(first["kind"] == "Service")
        #expect(first["apiVersion"] == "v1")
        await client.shutdown()
        await server.stop()
    }

    @Test func writingCarriesTheManagerAndChecksFields() async throws {
        let created = try RecordedAnswer("create-unknownfield-warn.http")
        let server = try await ScriptedServer { _, reply in
            try await reply.answer(created.status, created.body, headers: created.headers.filter { $0.0 == "Warning" })
        }
        var access = server.access
        access.token = .bearer("t0k")
        let client = try KubernetesClient(access: access)
        let result = try await client.create(["kind": "ServiceEntry"], .serviceEntries, namespace: "default")
        #expect(result.object["metadata"]?["name"] == "bad6")
        #expect(result.warnings == ["unknown field \"spec.locashun\""])
        let request = try #require(server.requests.first)
        #expect(request.method == "POST")
        #expect(request.path == "/apis/networking.istio.io/v1/namespaces/default/serviceentries")
        #expect(request.query == ["fieldManager": "meshtop", "fieldValidation": "Strict"])
        #expect(request.headers["Authorization"] == ["Bearer t0k"])
        #expect(request.headers["Content-Type"] == ["application/json"])
        #expect(request.body == ["kind": "ServiceEntry"])
        _ = try await client.delete(.serviceEntries, namespace: "x", name: "y", resourceVersion: "7", dryRun: true)
        let deletion = try #require(server.requests.last)
        #expect(deletion.method == "DELETE")
        #expect(deletion.body?["preconditions"] == ["resourceVersion": "7"])
        #expect(deletion.body?["dryRun"] == ["All"])
        await client.shutdown()
        await server.stop()
    }

    @Test func aRefusedConnectionIsToldAtOnceAndInWords() async throws {
        let server = try await ScriptedServer { _, reply in try await reply.answer("") }
        await server.stop()
        let client = try KubernetesClient(access: server.access)
        let failure = try await failure { try await client.list(.pods) }
        #expect(failure == RequestFailure(.unreachable, "\(server.address) refused the connection"))
        await client.shutdown()
    }

    @Test func aServerThatSaysNothingIsGivenUp() async throws {
        let server = try await ScriptedServer { _, reply in try await reply.hang() }
        let client = try KubernetesClient(access: server.access)
        let failure = try await failure {
            try await client.send(.GET, "/", what: "x", deadline: .milliseconds(50))
        }
        #expect(failure == RequestFailure(.unreachable, "\(server.address) did not answer in time"))
        await client.shutdown()
        await server.stop()
    }

    @Test func anAnswerThatStopsInItsMiddleIsGivenUp() async throws {
        let server = try await ScriptedServer { _, reply in
            try await reply.begin(200, headers: [("Content-Length", "100")])
            try await reply.send("{")
            try await reply.hang()
        }
        let client = try KubernetesClient(access: server.access)
        let failure = try await failure {
            try await client.send(.GET, "/", what: "x", deadline: .milliseconds(50))
        }
        #expect(failure.message.contains("did not answer in time"))
        await client.shutdown()
        await server.stop()
    }

    @Test func aCutConnectionIsNamed() async throws {
        let server = try await ScriptedServer { _, reply in
            try await reply.begin(200, headers: [("Content-Length", "100")])
            try await reply.send("{")
            try await reply.cut()
        }
        let client = try KubernetesClient(access: server.access)
        let failure = try await failure { try await client.list(.pods) }
        #expect(failure == RequestFailure(.unreachable, "\(server.address) cut the connection"))
        await client.shutdown()
        await server.stop()
    }

    @Test func whatIsNoJSONIsNamed() async throws {
        let server = try await ScriptedServer { _, reply in try await reply.answer("<html>") }
        let client = try KubernetesClient(access: server.access)
        let failure = try await failure { try await client.list(.pods) }
        #expect(failure.kind == .malformed)
        #expect(failure.message.contains("not valid JSON"))
        await client.shutdown()
        await server.stop()
    }

    @Test func aServerWithoutTLSIsRecognised() async throws {
        let server = try await ScriptedServer { _, reply in try await reply.answer("") }
        var access = server.access
        access.server = "https://127.0.0.1:\(server.port)"
        let client = try KubernetesClient(access: access)
        let failure = try await failure { try await client.list(.pods) }
        #expect(failure.message == "\(access.server) does not speak TLS; is it http:// rather than https://?")
        await client.shutdown()
        await server.stop()
    }

    @Test func theNewestServedVersionIsFound() async throws {
        let group = try RecordedAnswer("apis-networking.http")
        let server = try await ScriptedServer { request, reply in
            switch request.path {
            case "/apis/networking.istio.io": try await reply.answer(group.body)
            case "/apis/networking.istio.io/v1beta1":
                try await reply.answer(["resources": [["name": "serviceentries"], ["name": "sidecars"]]] as JSONValue)
            default: try await reply.answer(404, "404 page not found\n")
            }
        }
        let client = try KubernetesClient(access: server.access)
        #expect(try await client.discovery.served(.serviceEntries, by: client).version == "v1beta1")
        #expect(try await client.discovery.served(.pods, by: client) == .pods)
        _ = try await client.discovery.served(.serviceEntries, by: client)
        #expect(server.requests.count == 2, "what is known is not asked for again")
        await client.shutdown()
        await server.stop()
    }

    @Test func aClusterWithoutIstioIsRecognised() async throws {
        let server = try await ScriptedServer { _, reply in try await reply.answer(404, "404 page not found\n") }
        let client = try KubernetesClient(access: server.access)
        let failure = try await failure { try await client.discovery.served(.serviceEntries, by: client) }
        #expect(failure.message == "this cluster has no ServiceEntry resource: is Istio installed?")
        await client.shutdown()
        await server.stop()
    }

    @Test func silenceEndsAStreamThatMayNotBeSilent() async throws {
        let server = try await ScriptedServer { _, reply in
            try await reply.begin()
            try await reply.send("x")
            try await reply.hang()
        }
        let client = try KubernetesClient(access: server.access)
        let bytes = Counter()
        let isEnd = try await client.stream(
            "/", query: [], what: "x", idle: .milliseconds(50), opened: {}, alive: {},
            received: { for _ in 0..<$0.readableBytes { bytes.increment() } })
        #expect(!isEnd)
        #expect(bytes.value == 1)
        await client.shutdown()
        await server.stop()
    }
}
