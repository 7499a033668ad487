import Foundation
import MeshState
import NIOHTTP1
import Testing

@testable import MeshLab

/// Malformed, contradictory and huge objects are refused with a Status that says why, in little time, and nothing of
/// them is stored.
@Suite struct HostileObjectTests {
    /// A request that has to be refused.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var method = HTTPMethod.POST
        var path = TestWorld.entries
        var type = "application/json"
        let body: @Sendable () -> String
        let code: Int
        let message: String
        var testDescription: String { name }
    }

    private static func entry(_ change: (inout JSONValue) -> Void) -> String {
        var object = TestWorld.entryJSON("hostile")
        change(&object)
        return object.jsonText()
    }

    /// 100,000 members.
    private static func many(_ name: (Int) -> String) -> [String: String] {
        Dictionary(uniqueKeysWithValues: (0..<100_000).map { (name($0), "y") })
    }

    private static func virtualService(_ routes: JSONValue) -> String {
        let object: JSONValue = [
            "apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": ["name": "hostile"],
            "spec": ["hosts": ["a.example.com"], "http": routes],
        ]
        return object.jsonText()
    }

    private static let routes = TestWorld.entries.replacing("serviceentries", with: "virtualservices")
    private static let services = "/api/v1/namespaces/default/services"
    private static let yaml = "application/apply-patch+yaml"
    private static let applied = TestWorld.entries + "/hostile?fieldManager=test"

    static let cases: [Case] = [
        Case(
            name: "a megabyte of hosts",
            body: { entry { $0["spec"]?["hosts"] = JSONValue((0..<50_000).map { "host-\($0).example.com" }) } },
            code: 422, message: "spec.hosts: Too many: 50000: must have at most 256 items"),
        Case(
            name: "one host of a megabyte",
            body: { entry { $0["spec"]?["hosts"] = [.string(String(repeating: "a", count: 1 << 20))] } }, code: 400,
            message: "more bytes)"),
        Case(
            name: "100,000 ports",
            body: {
                entry {
                    $0["spec"]?["ports"] = .array((0..<100_000).map { ["number": 1, "name": .string("\($0)")] })
                }
            }, code: 422, message: "spec.ports: Too many: 100000: must have at most 256 items"),
        Case(
            name: "100,000 unknown fields", path: TestWorld.entries + "?fieldValidation=Strict",
            body: { entry { $0["spec"] = JSONValue(many { "f\($0)" }) } }, code: 400,
            message: "unknown field \"spec.f0\""),
        Case(
            name: "100,000 labels",
            body: { entry { $0["metadata"]?["labels"] = JSONValue(many { "l/\($0)/x" }) } }, code: 422,
            message: "and 99968 more"),
        Case(
            name: "annotations beyond 256 KiB",
            body: {
                entry { $0["metadata"]?["annotations"] = ["note": .string(String(repeating: "x", count: 1 << 19))] }
            }, code: 422, message: "metadata.annotations: Too long: may not be more than 262144 bytes"),
        Case(
            name: "deep arrays", body: { String(repeating: "[", count: 1 << 20) }, code: 400,
            message: "nesting deeper than 512 levels"),
        Case(
            name: "deep objects", body: { String(repeating: #"{"a":"#, count: 400_000) }, code: 400,
            message: "nesting deeper than 512 levels"),
        Case(
            name: "deep YAML in flow style", method: .PATCH, path: applied, type: yaml,
            body: { "spec: " + String(repeating: "[", count: 200_000) }, code: 400, message: "error decoding body"),
        Case(
            name: "deep YAML in block style", method: .PATCH, path: applied, type: yaml,
            body: { "spec:\n" + String(repeating: "- ", count: 100_000) + "x" }, code: 400,
            message: "error decoding body"),
        Case(
            name: "YAML that doubles with each alias", method: .PATCH, path: applied, type: yaml,
            body: {
                "a0: &a0 [x, x]\n" + (1..<64).map { "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1)]\n" }.joined()
            }, code: 400, message: "more than 200000 values"),
        Case(
            name: "YAML with such an alias in a key", method: .PATCH, path: applied, type: yaml,
            body: {
                "a0: &a0 [x, x]\n" + (1..<64).map { "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1)]\n" }.joined()
                    + "? [*a63]\n: b\n"
            }, code: 400, message: "a key has to be a word"),
        Case(
            name: "a body above 3 MB", body: { String(repeating: " ", count: 4 << 20) }, code: 413,
            message: "Request entity too large: limit is 3145728"),
        Case(
            name: "an object that etcd would not take", path: routes,
            body: {
                virtualService(
                    .array(
                        (0..<15_000).map {
                            [
                                "name": .string("route-\($0)"), "timeout": "3s",
                                "route": [["destination": ["host": "some-host.example.com"], "weight": 100]],
                            ]
                        }))
            }, code: 500, message: "etcdserver: request is too large"),
        Case(
            name: "a number without end", body: { entry { _ in }.replacing("443", with: "1e999") }, code: 400,
            message: "a malformed number"),
        Case(
            name: "a number beyond every port", body: { entry { _ in }.replacing("443", with: "99999999999999999999") },
            code: 422, message: "spec.ports[0].number in body must be of type integer"),
        Case(
            name: "a label that is no label", body: { entry { $0["metadata"]?["labels"] = ["a b": "c d"] } }, code: 422,
            message: "metadata.labels: Invalid value: \"a b\": name part must consist of alphanumeric characters"),
        Case(
            name: "a negative port", path: routes,
            body: { virtualService([["route": [["destination": ["host": "a", "port": ["number": -1]]]]]]) }, code: 400,
            message: "port number -1 must be in the range 1..65535"),
        Case(
            name: "a route without a host", path: routes,
            body: { virtualService([["route": [["destination": ["subset": "v1"]]]]]) }, code: 422,
            message: "spec.http[0].route[0].destination.host: Required value"),
        Case(
            name: "a service with a port that is a word", path: services,
            body: {
                #"{"kind":"Service","apiVersion":"v1","metadata":{"name":"a"},"spec":{"ports":[{"port":"x"}]}}"#
            }, code: 400, message: "Service in version \"v1\" cannot be handled as a Service"),
        Case(
            name: "a service with wrong and repeated ports", path: services,
            body: {
                #"""
                {"kind":"Service","apiVersion":"v1","metadata":{"name":"a"},
                "spec":{"ports":[{"port":0,"name":"b"},{"port":80,"name":"b"},{"port":80,"name":"C_"}]}}
                """#
            }, code: 422, message: "spec.ports[1].name: Duplicate value: \"b\""),
        Case(
            name: "a service that takes another's address", path: services,
            body: {
                #"""
                {"kind":"Service","apiVersion":"v1","metadata":{"name":"a"},
                "spec":{"clusterIP":"10.96.0.3","ports":[{"port":80}]}}
                """#
            }, code: 422, message: "failed to allocate IP 10.96.0.3: provided IP is already allocated"),
        Case(
            name: "endpoints on the loopback", path: "/api/v1/namespaces/default/endpoints",
            body: {
                #"""
                {"kind":"Endpoints","apiVersion":"v1","metadata":{"name":"a"},
                "subsets":[{"addresses":[{"ip":"127.0.0.1"}],"ports":[{"port":80}]}]}
                """#
            }, code: 422, message: "subsets[0].addresses[0].ip: Invalid value: \"127.0.0.1\": may not be in the"),
        Case(
            name: "a secret with bytes that are none", path: "/api/v1/namespaces/default/secrets",
            body: { #"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"a"},"data":{"k":"%%%"}}"# }, code: 400,
            message: "illegal base64 data"),
        Case(
            name: "a TLS secret without a key", path: "/api/v1/namespaces/default/secrets",
            body: {
                #"""
                {"kind":"Secret","apiVersion":"v1","metadata":{"name":"a"},"type":"kubernetes.io/tls",
                "data":{"tls.crt":""}}
                """#
            }, code: 422, message: "data[tls.key]: Required value"),
        Case(
            name: "a ConfigMap above 1 MiB", path: "/api/v1/namespaces/default/configmaps",
            body: {
                let text = String(repeating: "x", count: (1 << 20) + 1)
                return #"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"},"data":{"k":"\#(text)"}}"#
            }, code: 422, message: "Too long: may not be more than 1048576 bytes"),
        Case(
            name: "a JSON patch with too many operations", method: .PATCH, path: TestWorld.entries + "/kept",
            type: "application/json-patch+json",
            body: {
                let operation = #"{"op":"test","path":"/kind","value":"ServiceEntry"}"#
                return "[\(Array(repeating: operation, count: 10_001).joined(separator: ","))]"
            }, code: 413, message: "The allowed maximum operations in a JSON patch is 10000, got 10001"),
        Case(
            name: "a JSON patch that doubles with each operation", method: .PATCH, path: TestWorld.entries + "/kept",
            type: "application/json-patch+json",
            body: {
                let copies = (0..<64).map { #"{"op":"copy","from":"/spec","path":"/spec/x\#($0)"}"# }
                return "[\(copies.joined(separator: ","))]"
            }, code: 413, message: "too much work"),
        Case(
            name: "a JSON patch that nests deeper with each operation", method: .PATCH,
            path: TestWorld.entries + "/kept", type: "application/json-patch+json",
            body: {
                let copy = #"{"op":"copy","from":"/spec","path":"/spec/x"}"#
                return "[\(Array(repeating: copy, count: 10_000).joined(separator: ","))]"
            }, code: 413, message: "The JSON patch "),
    ]

    @Test func refusesAndGoesOn() async throws {
        try await TestAPI.run { api in
            try await api.store.create(.serviceEntries, TestWorld.entryJSON("kept"))
            let version = await api.store.resourceVersion
            for test in Self.cases {
                let body = test.body()
                let start = ContinuousClock.now
                let answer = try await api.request(test.method, test.path, body: body, type: test.type)
                let time = ContinuousClock.now - start
                #expect(answer.code == test.code, "\(test): \(answer.text.prefix(500))")
                #expect(answer.json["kind"] == "Status" && answer.json["status"] == "Failure", "\(test)")
                let message = answer.json["message"]?.stringValue ?? ""
                #expect(message.contains(test.message), "\(test): \(message.prefix(500))")
                #expect(answer.text.utf8.count < 100_000, "\(test): the answer has \(answer.text.utf8.count) bytes")
                #expect(time < .seconds(10), "\(test): \(time)")
            }
            #expect(await api.store.resourceVersion == version)
        }
    }

    /// Every value of an object is replaced by others; whatever they are, the API decides in good order, and what it
    /// takes the mesh can read.
    @Test func takesNothingThatTheMeshCannotRead() async throws {
        let others: [JSONValue] = [
            .null, true, -1, 70_000, .number(0.5), "", "*", "a b/c", [], [.null], [:], ["a": ["b": []]],
        ]
        try await TestAPI.run { api in
            for sample in try KindTests.objects + [TestWorld.entryJSON("sample")] {
                let kind = sample["kind"]?.stringValue ?? ""
                let resource = try #require(Resource(kind: kind, apiVersion: "networking.istio.io/v1"))
                let path = TestWorld.entries.replacing("serviceentries", with: resource.rawValue) + "?dryRun=All"
                for place in sample.places where place.first == "spec" {
                    for other in others {
                        let body = sample.setting(other, at: place[...]).jsonText()
                        let answer = try await api.request(.POST, path, body: body)
                        #expect([201, 400, 422].contains(answer.code), "\(body): \(answer.text)")
                        guard answer.code == 201 else { continue }
                        var mesh = MeshConfiguration()
                        #expect(throws: Never.self, "\(body)") { _ = try mesh.add(answer.json) }
                    }
                }
            }
        }
    }
}

extension JSONValue {
    /// The path of every value inside this one.
    fileprivate var places: [[String]] {
        switch self {
        case .object(let members):
            members.flatMap { name, member in [[name]] + member.places.map { [name] + $0 } }
        case .array(let elements):
            elements.enumerated().flatMap { index, element in
                [["\(index)"]] + element.places.map { ["\(index)"] + $0 }
            }
        default: []
        }
    }

    fileprivate func setting(_ value: JSONValue, at place: ArraySlice<String>) -> JSONValue {
        guard let step = place.first else { return value }
        switch self {
        case .object(var members):
            members[step] = members[step]?.setting(value, at: place.dropFirst())
            return .object(members)
        case .array(var elements):
            if let index = Int(step) { elements[index] = elements[index].setting(value, at: place.dropFirst()) }
            return .array(elements)
        default: return self
        }
    }
}
