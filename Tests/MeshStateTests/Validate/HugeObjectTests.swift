import MeshState
import Testing

/// Objects that are far too large take a moment, and what is said of them is short.
struct HugeObjectTests {
    private static func texts(_ count: Int, _ text: (Int) -> String) -> JSONValue { JSONValue((0..<count).map(text)) }

    private static func object(_ kind: String, _ spec: JSONValue) -> JSONValue {
        ["kind": .string(kind), "metadata": ["name": "x", "namespace": "ns"], "spec": spec]
    }

    private static let long = String(repeating: "x", count: 1 << 20)
    private static let many = 20_000

    private static let objects: [(String, JSONValue)] = {
        let hosts = texts(many) { "a-host-with-a-name-of-some-length-\($0).egress.example.com" }
        let route: JSONValue = [["destination": ["host": "a.b"]]]
        let deep = (0..<500).reduce(JSONValue.null) { inner, _ in [["a": inner]] }
        return [
            ("a long host", object("ServiceEntry", ["hosts": [.string(long)]])),
            ("many hosts", object("ServiceEntry", ["hosts": hosts, "resolution": "DNS"])),
            ("many bad hosts", object("ServiceEntry", ["hosts": texts(many) { "a_\($0)" }])),
            (
                "many equal ports",
                object(
                    "ServiceEntry",
                    [
                        "hosts": ["a.b"],
                        "ports": .array(
                            Array(repeating: ["number": 80, "name": "a", "protocol": "HTTP"], count: many)),
                    ])
            ),
            (
                "many endpoints",
                object(
                    "ServiceEntry",
                    [
                        "hosts": ["a.b"], "resolution": "STATIC",
                        "ports": .array(
                            (0..<256).map { ["number": .integer($0 + 1), "name": .string("p\($0)")] }),
                        "endpoints": .array(Array(repeating: ["address": "x", "ports": ["q": 1]], count: many)),
                    ])
            ),
            ("deep nesting", object("ServiceEntry", ["hosts": deep])),
            ("long keys", object("ServiceEntry", ["hosts": ["a.b"], .init(long): 1])),
            ("overlapping hosts", object("VirtualService", ["hosts": hosts, "http": [["route": route]]])),
            (
                "wildcards over all",
                object(
                    "VirtualService",
                    ["hosts": texts(many) { $0.isMultiple(of: 2) ? "*" : "*.x\($0).com" }, "gateways": ["g"]])
            ),
            (
                "many SNI hosts",
                object(
                    "VirtualService",
                    [
                        "hosts": texts(many / 2) { "*.a\($0).com" },
                        "tls": [["match": [["sniHosts": texts(many / 2) { "b\($0).org" }]], "route": route]],
                    ])
            ),
            (
                "many routes",
                object(
                    "VirtualService",
                    [
                        "hosts": ["a.b"],
                        "http": .array(
                            (0..<many / 4).map {
                                ["match": [["uri": ["prefix": .string("/\($0 % 50)/\($0)")]]], "route": route]
                            }),
                    ])
            ),
            ("many egress hosts", object("Sidecar", ["egress": [["hosts": texts(many) { _ in "ns/a.b" }]]])),
            (
                "many servers",
                object("Gateway", ["servers": .array(Array(repeating: ["hosts": ["a"]], count: many))])
            ),
            (
                "many subsets",
                object(
                    "DestinationRule",
                    ["host": "a.b", "subsets": .array(Array(repeating: ["name": "a"], count: many))])
            ),
        ]
    }()

    @Test(arguments: objects.map(\.0))
    func boundedAndQuick(_ name: String) throws {
        let object = try #require(Self.objects.first { $0.0 == name }?.1)
        for version in [IstioVersion(1, 12), .current] {
            var problems: [Problem] = []
            let time = ContinuousClock().measure { problems = ObjectRules.problems(in: object, version: version) }
            // What grew with the square of the size would take minutes.
            #expect(time < .seconds(20), "\(version)")
            #expect(problems.count <= 202)
            #expect(problems.allSatisfy { $0.message.utf8.count < 1100 && $0.path.utf8.count < 600 })
            let answer = AdmissionMessage.denied(problems) ?? ""
            #expect(answer.utf8.count < 250_000)
        }
    }

    @Test("errors behind a crowd of warnings are not lost, and the rest is counted")
    func counts() throws {
        let hosts = Self.texts(250) { "*x\($0).com" }
        let problems = ObjectRules.problems(
            in: Self.object("ServiceEntry", ["hosts": hosts, "exportTo": ["x", "x"]]), version: .current)
        #expect(problems.count { $0.severity == .warning } == 101)
        #expect(problems.filter { $0.severity == .error }.map(\.path) == ["spec.exportTo"])
        #expect(problems.last?.message == "and 150 more warnings")
    }
}
