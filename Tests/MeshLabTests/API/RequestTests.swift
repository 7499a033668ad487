import Foundation
import MeshState
import NIOHTTP1
import Testing

@testable import MeshLab

@Suite struct RequestTests {
    @Test func refusesWhatTheWebhookDenies() async throws {
        try await TestAPI.run { api in
            var object = TestWorld.entryJSON("bad")
            object["spec"]?["addresses"] = ["not-an-address"]
            let denied = try await api.request(.POST, TestWorld.entries, body: object.jsonText())
            #expect(denied.code == 400)
            #expect(denied.json["reason"] == JSONValue?.none)
            let message = try #require(denied.json["message"]?.stringValue)
            #expect(
                message.hasPrefix(
                    "admission webhook \"validation.istio.io\" denied the request: configuration is invalid: "))
            #expect(message.contains("not-an-address"))
            let kubectl = try await api.kubectl("create", "-f", "-", input: object.jsonText())
            #expect(kubectl.err.contains(message.split(separator: "\n")[0]), "\(kubectl.err)")
            #expect(await api.store.list(.serviceEntries).objects.isEmpty)
        }
    }

    @Test func passesTheWebhooksWarningsOn() async throws {
        try await TestAPI.run { api in
            var object = TestWorld.entryJSON("partial")
            object["spec"] = [
                "hosts": ["api.example.com"], "workloadSelector": ["labels": ["app": "x"]], "resolution": "NONE",
                "ports": [["number": 443, "name": "tls", "protocol": "TLS"]],
            ]
            let answer = try await api.request(.POST, TestWorld.entries, body: object.jsonText())
            #expect(answer.code == 201, "\(answer.text)")
            #expect(
                answer.headers["Warning"]
                    == ["299 - \"workloadSelector should not be set when resolution mode is NONE\""])
        }
    }

    @Test func refusesWhatTheSchemaForbids() async throws {
        try await TestAPI.run { api in
            var object = TestWorld.entryJSON("bad")
            object["spec"]?["resolution"] = "DNSS"
            let answer = try await api.request(.POST, TestWorld.entries, body: object.jsonText())
            #expect(answer.code == 422)
            #expect(answer.json["details"]?["causes"]?[0]?["reason"] == "FieldValueNotSupported")
            #expect(answer.json["details"]?["causes"]?[0]?["field"] == "spec.resolution")
            let kubectl = try await api.kubectl("create", "-f", "-", input: object.jsonText())
            #expect(kubectl.err.contains("The ServiceEntry \"bad\" is invalid"), "\(kubectl.err)")
        }
    }

    @Test func triesWithoutStoring() async throws {
        try await TestAPI.run { api in
            let version = await api.store.resourceVersion
            let body = TestWorld.entryJSON("a").jsonText()
            let tried = try await api.request(.POST, TestWorld.entries + "?dryRun=All", body: body)
            #expect(tried.code == 201)
            #expect(tried.json["metadata"]?["resourceVersion"] == JSONValue?.none)
            #expect(await api.store.resourceVersion == version)
            #expect(try await api.request(.POST, TestWorld.entries + "?dryRun=Maybe", body: body).code == 422)
            try await api.store.create(.serviceEntries, TestWorld.entryJSON("a"))
            #expect(try await api.request(.DELETE, TestWorld.entries + "/a?dryRun=All").code == 200)
            #expect(await api.store.get(.serviceEntries, namespace: "default", name: "a") != JSONValue?.none)
        }
    }

    @Test func namesObjectsThatAskForIt() async throws {
        try await TestAPI.run { api in
            var object = TestWorld.entryJSON("x")
            object["metadata"] = ["generateName": "entry-"]
            let first = try await api.request(.POST, TestWorld.entries, body: object.jsonText())
            let second = try await api.request(.POST, TestWorld.entries, body: object.jsonText())
            let names = [first, second].compactMap { $0.json["metadata"]?["name"]?.stringValue }
            #expect(Set(names).count == 2)
            #expect(names.allSatisfy { $0.hasPrefix("entry-") && $0.utf8.count == 11 })
            object["metadata"] = [:]
            #expect(try await api.request(.POST, TestWorld.entries, body: object.jsonText()).code == 422)
        }
    }

    @Test func showsOneObjectInEveryVersion() async throws {
        try await TestAPI.run { api in
            try await api.store.create(.serviceEntries, TestWorld.entryJSON("a"))
            for version in ["v1", "v1beta1", "v1alpha3"] {
                let path = TestWorld.entries.replacing("/v1/", with: "/\(version)/")
                let one = try await api.get(path + "/a")
                #expect(one.json["apiVersion"] == .string("networking.istio.io/\(version)"))
                let list = try await api.get(path)
                #expect(list.json["apiVersion"] == .string("networking.istio.io/\(version)"))
                #expect(list.json["kind"] == "ServiceEntryList")
                #expect(list.json["items"]?[0] == one.json)
            }
            let mismatch = try await api.request(
                .POST, TestWorld.entries.replacing("/v1/", with: "/v1beta1/"), body: TestWorld.entryJSON("b").jsonText()
            )
            #expect(mismatch.code == 400)
        }
    }

    @Test func writesStatusAndSpecificationApart() async throws {
        try await TestAPI.run { api in
            try await api.store.create(.serviceEntries, TestWorld.entryJSON("a"))
            let type = "application/merge-patch+json"
            let both = #"{"spec":{"resolution":"NONE"},"status":{"observedGeneration":7}}"#
            let path = TestWorld.entries + "/a"
            let status = try await api.request(.PATCH, path + "/status", body: both, type: type)
            #expect(status.json["status"] == ["observedGeneration": 7])
            #expect(status.json["spec"]?["resolution"] == "DNS")
            let spec = try await api.request(
                .PATCH, path, body: both.replacing("7", with: "8"), type: type)
            #expect(spec.json["status"] == ["observedGeneration": 7])
            #expect(spec.json["spec"]?["resolution"] == "NONE")
        }
    }

    @Test func keepsStrangersOut() async throws {
        try await TestAPI.run { api in
            for path in ["/version", "/healthz", "/readyz", "/livez"] {
                #expect(try await api.request(.GET, path, token: nil).code == 200)
            }
            for path in ["/api", "/apis", TestWorld.entries, "/openapi/v3", "/nothing"] {
                #expect(try await api.request(.GET, path, token: nil).code == 401)
                #expect(try await api.request(.GET, path, token: TestAPI.token + "x").code == 401)
            }
            let file = api.directory.appending(path: "kubeconfig")
            let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    static let refused: [(HTTPMethod, String, String?, String, Int)] = [
        (.DELETE, "/version", nil, "application/json", 405),
        (.POST, TestWorld.entries + "/a", "{}", "application/json", 405),
        (.PUT, TestWorld.entries, "{}", "application/json", 405),
        (.POST, TestWorld.entries, "{}", "text/plain", 415),
        (.POST, TestWorld.entries, "{", "application/json", 400),
        (.POST, TestWorld.entries, "[]", "application/json", 400),
        (.POST, TestWorld.entries, String(repeating: " ", count: APIRequest.bodyLimit + 1), "application/json", 413),
        (.PATCH, TestWorld.entries + "/none", "{}", "application/merge-patch+json", 404),
        (.GET, "/api/v1/nodes", nil, "application/json", 404),
        (.GET, "/api/v1/namespaces/default/pods/a/exec", nil, "application/json", 404),
        (.GET, "/apis/networking.istio.io/v2/serviceentries", nil, "application/json", 404),
        (.DELETE, "/api/v1/namespaces/default", nil, "application/json", 403),
        (.GET, TestWorld.entries + "?labelSelector=a%20in", nil, "application/json", 400),
        (.GET, TestWorld.entries + "?limit=x", nil, "application/json", 400),
    ]

    @Test(arguments: refused)
    func refuses(_ method: HTTPMethod, _ path: String, _ body: String?, _ type: String, _ code: Int) async throws {
        try await TestAPI.run { api in
            let answer = try await api.request(method, path, body: body, type: type)
            #expect(answer.code == code, "\(answer.text)")
            if answer.headers.first(name: "Content-Type") == "application/json" {
                #expect(answer.json["kind"] == "Status")
                #expect(answer.json["code"] == .integer(Int64(code)))
            }
        }
    }

    @Test func answersNothingButJSON() async throws {
        try await TestAPI.run { api in
            let proto = "application/vnd.kubernetes.protobuf"
            #expect(try await api.request(.GET, TestWorld.entries, accept: proto).code == 406)
            #expect(try await api.request(.GET, TestWorld.entries, accept: proto + ",application/json").code == 200)
            let accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
            let table = try await api.request(.GET, "/api/v1/namespaces/default/pods", accept: accept)
            #expect(table.json["kind"] == "Table")
            #expect(table.json["rows"]?[0]?["cells"]?[1] == "2/2")
        }
    }

    @Test func emptiesANamespaceThatIsDeleted() async throws {
        try await TestAPI.run { api in
            let made = try await api.kubectl("create", "namespace", "shop")
            #expect(made.out == "namespace/shop created\n", "\(made.err)")
            let path = TestWorld.entries.replacing("default", with: "shop")
            var object = TestWorld.entryJSON("a")
            object["metadata"] = ["name": "a"]
            #expect(try await api.request(.POST, path, body: object.jsonText()).code == 201)
            #expect(try await api.kubectl("delete", "namespace", "shop").isSuccess)
            #expect(await api.store.list(.serviceEntries).objects.isEmpty)
            #expect(try await api.request(.DELETE, TestWorld.entries).code == 200)
        }
    }
}

@Suite struct KubernetesProtobufTests {
    /// A Namespace `shop` with the label `team: a`, as a client of Go writes it.
    private static let namespace: [UInt8] =
        Array("k8s\0".utf8) + field(1, field(1, "v1") + field(2, "Namespace"))
        + field(
            2, field(1, field(1, "shop") + [0x38, 0x01] + field(11, field(1, "team") + field(2, "a"))) + field(2, "")
        ) + field(3, "") + field(4, "")

    private static func field(_ number: UInt8, _ value: [UInt8]) -> [UInt8] {
        [number << 3 | 2, UInt8(value.count)] + value
    }
    private static func field(_ number: UInt8, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }

    @Test func readsMetadata() {
        #expect(
            KubernetesProtobuf.object(Self.namespace, of: .namespaces) == [
                "apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "shop", "labels": ["team": "a"]],
            ])
    }

    @Test func refusesEveryCutOfIt() {
        for length in 0..<Self.namespace.count - 4 {
            let cut = Array(Self.namespace.prefix(length))
            // A cut between two fields is a shorter message, so that no cut may crash and few are read.
            if let read = KubernetesProtobuf.object(cut, of: .namespaces) { #expect(read["kind"] == "Namespace") }
        }
        #expect(KubernetesProtobuf.object(Array("{\"kind\":\"Namespace\"}".utf8), of: .namespaces) == JSONValue?.none)
    }
}
