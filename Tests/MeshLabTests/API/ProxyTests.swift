import Foundation
import Hummingbird
import MeshState
import NIOHTTP1
import Testing

@testable import MeshLab

@Suite struct ProxyTests {
    /// Runs a small server that tells what it was asked.
    private func withBackend(_ body: (Int) async throws -> Void) async throws {
        let router = Router()
        router.get("**") { request, _ in
            let token = request.headers[.authorization] ?? "none"
            return "\(request.uri.path)?\(request.uri.query ?? "") token \(token)"
        }
        router.get("/") { _, _ in "root" }
        router.get("missing") { _, _ -> Response in Response(status: .notFound) }
        let (ports, running) = AsyncStream<Int>.makeStream()
        let server = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { running.yield($0.localAddress?.port ?? 0) })
        let task = Task { try await server.run() }
        defer { task.cancel() }
        try await body(try #require(await ports.first { _ in true }))
    }

    @Test func handsRequestsOn() async throws {
        try await withBackend { port in
            try await TestAPI.run { api in
                let root = "/api/v1/namespaces/default/pods/sleep-1:\(port)/proxy"
                let answer = try await api.get(root + "/stats/x?format=json&usedonly")
                #expect(answer.code == 200)
                #expect(answer.text == "/stats/x?format=json&usedonly token none")
                #expect(try await api.get(root + "/").text == "root")
                #expect(try await api.get(root + "/a%2Fb/c/").text.hasPrefix("/a%2Fb/c/?"))
                #expect(try await api.get(root + "/missing").code == 404)
                let bare = try await api.get(root)
                #expect(bare.code == 301)
                #expect(bare.headers.first(name: "Location") == root + "/")
                let kubectl = try await api.kubectl("get", "--raw", root + "/clusters")
                #expect(kubectl.out.hasPrefix("/clusters?"), "\(kubectl.err)")

                // A service needs an endpoint, and then leads to it.
                let service = "/api/v1/namespaces/default/services/istiod:http-monitoring/proxy/debug/syncz"
                let none = try await api.get(service)
                #expect(none.code == 503)
                #expect(none.json["message"] == "no endpoints available for service \"istiod\"")
                try await api.store.create(
                    .endpoints,
                    [
                        "metadata": ["name": "istiod", "namespace": "default"],
                        "subsets": [
                            [
                                "addresses": [["ip": "10.244.0.9"]],
                                "ports": [["name": "http-monitoring", "port": .integer(Int64(port))]],
                            ]
                        ],
                    ])
                #expect(try await api.get(service).text.hasPrefix("/debug/syncz?"))
                #expect(try await api.get(service.replacing(":http-monitoring", with: ":15014")).code == 200)
                #expect(try await api.get(service.replacing(":http-monitoring", with: "")).code == 200)
                let unknown = try await api.get(service.replacing(":http-monitoring", with: ":1"))
                #expect(unknown.json["message"] == "no service port \"1\" found for service \"istiod\"")
            }
        }
    }

    @Test func saysWhatCannotBeReached() async throws {
        try await TestAPI.run { api in
            let root = "/api/v1/namespaces/default/pods"
            let refused = try await api.get(root + "/sleep-1:1/proxy/x")
            #expect(refused.code == 503)
            #expect(refused.json["reason"] == "ServiceUnavailable")
            #expect(
                refused.json["message"]
                    == "error trying to reach service: dial tcp 10.244.0.9:1: connect: connection refused")
            var pod = try #require(await api.store.get(.pods, namespace: "default", name: "sleep-1"))
            pod["status"]?["podIP"] = "10.99.0.1"
            try await api.store.replace(.pods, pod)
            let nowhere = try await api.get(root + "/sleep-1:80/proxy/x")
            #expect(nowhere.json["message"]?.stringValue?.contains("no route to host") == true)
            #expect(try await api.get(root + "/none:80/proxy/x").code == 404)
            #expect(try await api.get(root + "/a:b:c:d/proxy/x").code == 400)
        }
    }

    @Test(arguments: [
        ("istiod", "http", "istiod", ""), ("istiod:15014", "http", "istiod", "15014"),
        ("https:web:443", "https", "web", "443"), (":web:80", "http", "web", "80"),
    ]) func readsTargets(_ text: String, _ scheme: String, _ name: String, _ port: String) throws {
        let target = try ProxyTarget(text)
        #expect((target.scheme, target.name, target.port) == (scheme, name, port))
    }
}
