import Foundation
import MeshState
import NIOHTTP1
import Testing

@testable import MeshLab

/// What a kube-apiserver answered once is what this API answers, word for word.
@Suite struct RecordedAnswerTests {
    /// A request on the entries of `default` in v1beta1, where `scratch` exists, and the capture that its answer is
    /// held against.
    struct Case: Sendable, CustomTestStringConvertible {
        let capture: String
        let method: HTTPMethod
        var path = "/scratch"
        var body: String?
        var type = "application/json"
        var token: String = TestAPI.token
        var testDescription: String { capture }
    }

    private static let root = "/apis/networking.istio.io/v1beta1/namespaces/default/serviceentries"

    private static func entry(_ name: String, _ change: (inout JSONValue) -> Void = { _ in }) -> String {
        var object: JSONValue = [
            "apiVersion": "networking.istio.io/v1beta1", "kind": "ServiceEntry", "metadata": ["name": .string(name)],
            "spec": [
                "hosts": ["scratch.example.com"], "location": "MESH_EXTERNAL", "resolution": "DNS",
                "ports": [["name": "http", "number": 8080, "protocol": "HTTP"]],
            ],
        ]
        change(&object)
        return object.jsonText()
    }

    private static let cases: [Case] = [
        Case(capture: "create-409-exists", method: .POST, path: "", body: entry("scratch")),
        Case(capture: "create-bad-name", method: .POST, path: "", body: entry("Bad_Name")),
        Case(
            capture: "create-bad-type", method: .POST, path: "",
            body: entry("bad2") { $0["spec"]?["ports"] = [["name": "http", "number": "eighty", "protocol": "HTTP"]] }),
        Case(
            capture: "create-ns-mismatch", method: .POST, path: "",
            body: entry("scratch") { $0["metadata"]?["namespace"] = "other" }),
        Case(
            capture: "create-unknownfield-strict", method: .POST, path: "?fieldValidation=Strict",
            body: entry("bad6") { $0["spec"]?["locashun"] = "MESH_EXTERNAL" }),
        Case(
            capture: "create-wrong-kind", method: .POST, path: "", body: entry("scratch") { $0["kind"] = "Gateway" }),
        Case(
            capture: "delete-precondition-409", method: .DELETE,
            body: #"{"kind":"DeleteOptions","apiVersion":"v1","preconditions":{"resourceVersion":"1"}}"#),
        Case(capture: "err-401-badtoken", method: .GET, token: "wrong"),
        Case(capture: "list-exact-410", method: .GET, path: "?resourceVersion=2&resourceVersionMatch=Exact"),
        Case(capture: "list-future-rv", method: .GET, path: "?resourceVersion=99999999"),
        Case(
            capture: "patch-json-badpath", method: .PATCH, body: #"[{"op":"remove","path":"/spec/nothing"}]"#,
            type: "application/json-patch+json"),
        Case(
            capture: "patch-merge-rv-409", method: .PATCH, body: #"{"metadata":{"resourceVersion":"1"}}"#,
            type: "application/merge-patch+json"),
        Case(
            capture: "patch-strategic-415", method: .PATCH, body: "{}", type: "application/strategic-merge-patch+json"),
        Case(
            capture: "put-409-stale", method: .PUT,
            body: entry("scratch") { $0["metadata"]?["resourceVersion"] = "1" }),
        Case(capture: "put-no-rv", method: .PUT, body: entry("scratch")),
        Case(capture: "se-list-fieldselector-bad", method: .GET, path: "?fieldSelector=spec.hosts%3Dx"),
        Case(capture: "watch-bad-rv", method: .GET, path: "?watch=1&resourceVersion=abc"),
        Case(capture: "watch-rv1-410", method: .GET, path: "?watch=1&resourceVersion=1&timeoutSeconds=5"),
        Case(
            capture: "watch-sendInitialEvents", method: .GET,
            path: "?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"),
        Case(
            capture: "apply-ssa-nofieldmanager", method: .PATCH, body: entry("scratch"),
            type: "application/apply-patch+yaml"),
        Case(
            capture: "apply-ssa-conflict-409", method: .PATCH, path: "/scratch?fieldManager=other",
            body: entry("scratch") { $0["spec"] = ["hosts": ["other.example.com"], "resolution": "NONE"] },
            type: "application/apply-patch+yaml"),
    ]

    @Test(arguments: cases) func answersAsCaptured(_ test: Case) async throws {
        // Few events are kept, so that early versions have expired.
        try await TestAPI.run(eventCapacity: 3) { api in
            let created = try await api.request(.POST, Self.root, body: Self.entry("scratch"))
            #expect(created.code == 201, "\(created.text)")
            let answer = try await api.request(
                test.method, Self.root + test.path, body: test.body, type: test.type, token: test.token)
            let capture = try RecordedAnswer(test.capture)
            #expect(answer.code == capture.code, "\(answer.text)")
            #expect(answer.headers.first(name: "Content-Type") == capture.headers["content-type"])
            #expect(answer.headers.first(name: "Retry-After") == capture.headers["retry-after"])
            let (actual, expected) = (Self.comparable(answer.text), Self.comparable(capture.body))
            #expect(try JSONValue(parsing: actual) == JSONValue(parsing: expected))
        }
    }

    @Test func answersAboutAbsentThingsAsCaptured() async throws {
        try await TestAPI.run { api in
            let absent = Self.root.replacing("default", with: "nope")
            let requests: [(String, HTTPMethod, String, String?)] = [
                ("create-ns-absent", .POST, absent, Self.entry("scratch")),
                ("delete-404", .DELETE, "\(Self.root)/scratch", nil),
                ("path-404", .GET, "/nothing/here", nil),
                ("service-proxy-noendpoints-404", .GET, "/api/v1/namespaces/vm/services/istiod:80/proxy/x", nil),
            ]
            for (name, method, path, body) in requests {
                let capture = try RecordedAnswer(name)
                let answer = try await api.request(method, path, body: body)
                #expect(answer.code == capture.code)
                #expect(answer.headers.first(name: "Content-Type") == capture.headers["content-type"])
                if let expected = try? JSONValue(parsing: capture.body) {
                    #expect(answer.json == expected)
                } else {
                    #expect(answer.text == capture.body)
                }
            }
        }
    }

    @Test func writesAsCaptured() async throws {
        try await TestAPI.run { api in
            let warned = try await api.request(
                .POST, Self.root, body: Self.entry("bad6") { $0["spec"]?["locashun"] = "x" })
            #expect(warned.headers["Warning"] == ["299 - \"unknown field \\\"spec.locashun\\\"\""])
            #expect(warned.json["spec"]?["locashun"] == JSONValue?.none)
            let ignored = try await api.request(
                .POST, Self.root + "?fieldValidation=Ignore", body: Self.entry("bad7") { $0["spec"]?["locashun"] = "x" }
            )
            #expect(ignored.headers["Warning"].isEmpty)

            _ = try await api.request(.POST, Self.root, body: Self.entry("scratch"))
            let patched = try await api.request(
                .PATCH, "\(Self.root)/scratch",
                body: """
                    {"metadata":{"annotations":{"meshtop/edited":"yes"}},
                    "spec":{"hosts":["scratch.example.com","two.example.com"],
                    "ports":[{"name":"http","number":8081,"protocol":"HTTP"}]}}
                    """, type: "application/merge-patch+json")
            let capture = try JSONValue(parsing: try RecordedAnswer("patch-merge-200").body)
            #expect(patched.json["spec"] == capture["spec"])
            #expect(patched.json["metadata"]?["generation"] == 2)
            let fields = patched.json["metadata"]?["managedFields"]?[0]
            #expect(fields?["manager"] == "meshtop")
            #expect(
                fields?["fieldsV1"]?["f:metadata"]
                    == capture["metadata"]?["managedFields"]?[0]?["fieldsV1"]?["f:metadata"])

            let list = try await api.request(
                .GET, Self.root, accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")
            let listCapture = try JSONValue(parsing: try RecordedAnswer("se-list-partialmeta").body)
            #expect(list.json["kind"] == listCapture["kind"])
            #expect(list.json["items"]?[0]?["kind"] == listCapture["items"]?[0]?["kind"])
            #expect(list.json["items"]?[0]?["spec"] == JSONValue?.none)

            let deleted = try await api.request(.DELETE, "\(Self.root)/scratch")
            let expected = Self.comparable(try RecordedAnswer("delete-200").body)
            #expect(try JSONValue(parsing: Self.comparable(deleted.text)) == JSONValue(parsing: expected))
        }
    }

    /// The text with what differs from run to run made equal: identities and version numbers.
    private static func comparable(_ text: String) -> String {
        text.replacing(/[0-9a-f]{8}-[0-9a-f-]{27}/, with: "UID")
            .replacing(/current: \d+/, with: "current: N")
            .replacing(/in record \(\d+\)/, with: "in record (N)")
            .replacing(/too old resource version: (\d+) \(\d+\)/) { "too old resource version: \($0.1) (N)" }
    }
}

/// One stored answer of a kube-apiserver.
struct RecordedAnswer {
    let code: Int
    /// Names in lower case.
    let headers: [String: String]
    let body: String

    init(_ name: String) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = folder.appending(path: "Fixtures/apiserver/\(name).http")
        let text = try String(contentsOf: file, encoding: .utf8).replacing("\r\n", with: "\n")
        let end = try #require(text.firstRange(of: "\n\n"))
        let lines = text[..<end.lowerBound].split(separator: "\n")
        code = try #require(Int(lines[0].split(separator: " ")[1]))
        headers = Dictionary(
            lines.dropFirst().compactMap { line in
                line.firstRange(of: ": ").map {
                    (line[..<$0.lowerBound].lowercased(), String(line[$0.upperBound...]))
                }
            }, uniquingKeysWith: { first, _ in first })
        body = String(text[end.upperBound...])
    }
}
