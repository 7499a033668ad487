import MeshState
import Testing

@Suite struct ThreeWayMergeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var base: String
        var theirs: String
        var mine: String
        var merged: String
        var conflicts: [String] = []
    }

    /// Specs as YAML.
    static let table: [Case] = [
        Case(
            testDescription: "different fields", base: "{resolution: DNS, location: MESH_EXTERNAL}",
            theirs: "{resolution: STATIC, location: MESH_EXTERNAL}",
            mine: "{resolution: DNS, location: MESH_INTERNAL}",
            merged: "{resolution: STATIC, location: MESH_INTERNAL}"),
        Case(
            testDescription: "the same change", base: "{resolution: DNS}", theirs: "{resolution: NONE}",
            mine: "{resolution: NONE}", merged: "{resolution: NONE}"),
        Case(
            testDescription: "one field in two ways", base: "{resolution: DNS}", theirs: "{resolution: NONE}",
            mine: "{resolution: STATIC}", merged: "{resolution: NONE}", conflicts: ["spec.resolution"]),
        Case(
            testDescription: "one removes what the other changes", base: "{resolution: DNS}", theirs: "{}",
            mine: "{resolution: STATIC}", merged: "{}", conflicts: ["spec.resolution"]),
        Case(
            testDescription: "hosts as a set", base: "{hosts: [a, b]}", theirs: "{hosts: [a, b, c]}",
            mine: "{hosts: [b, d]}", merged: "{hosts: [b, c, d]}"),
        Case(
            testDescription: "both add a list", base: "{}", theirs: "{exportTo: [x]}", mine: "{exportTo: [y]}",
            merged: "{exportTo: [x, y]}"),
        Case(
            testDescription: "ports by name",
            base: "{ports: [{name: http, number: 80}, {name: tls, number: 443}]}",
            theirs: "{ports: [{name: http, number: 8080}, {name: tls, number: 443}]}",
            mine: "{ports: [{name: http, number: 80}, {name: tcp, number: 9000}]}",
            merged: "{ports: [{name: http, number: 8080}, {name: tcp, number: 9000}]}"),
        Case(
            testDescription: "one port in two ways", base: "{ports: [{name: http, number: 80, protocol: HTTP}]}",
            theirs: "{ports: [{name: http, number: 81, protocol: HTTP}]}",
            mine: "{ports: [{name: http, number: 82, protocol: HTTP2}]}",
            merged: "{ports: [{name: http, number: 81, protocol: HTTP2}]}", conflicts: ["spec.ports[http].number"]),
        Case(
            testDescription: "endpoints by address", base: "{endpoints: [{address: 1.1.1.1}]}",
            theirs: "{endpoints: [{address: 1.1.1.1, weight: 2}]}",
            mine: "{endpoints: [{address: 1.1.1.1}, {address: 2.2.2.2}]}",
            merged: "{endpoints: [{address: 1.1.1.1, weight: 2}, {address: 2.2.2.2}]}"),
        Case(
            testDescription: "elements without names", base: "{endpoints: [{network: a}]}",
            theirs: "{endpoints: [{network: b}]}", mine: "{endpoints: [{network: c}]}",
            merged: "{endpoints: [{network: b}]}", conflicts: ["spec.endpoints"]),
    ]

    private func object(_ spec: String, version: String) throws -> JSONValue {
        let spec = try YAMLText.parse(spec).first ?? [:]
        return [
            "metadata": ["name": "x", "resourceVersion": .string(version), "generation": .integer(Int64(version) ?? 0)],
            "spec": spec, "status": ["addresses": [.string(version)]],
        ]
    }

    @Test(arguments: table) func merging(_ test: Case) throws {
        var merge = ThreeWayMerge(
            base: try object(test.base, version: "1"), theirs: try object(test.theirs, version: "2"),
            mine: try object(test.mine, version: "1"))
        #expect(merge.merged["spec"] == (try YAMLText.parse(test.merged).first))
        #expect(merge.conflicts.map(\.path) == test.conflicts)
        // The API takes it as a change of theirs.
        #expect(merge.merged["metadata"]?["resourceVersion"] == "2")
        #expect(merge.merged["status"] == nil)
        // Mine wins where it is chosen.
        for conflict in merge.conflicts {
            #expect(merge.choice(of: conflict) == .theirs)
            merge.choose(.mine, for: conflict)
            #expect(merge.choice(of: conflict) == .mine)
        }
        #expect(merge.conflicts.map(\.path) == test.conflicts)
        if test.conflicts == ["spec.resolution"] {
            #expect(merge.merged["spec"]?["resolution"] == (try YAMLText.parse(test.mine).first?["resolution"]))
        }
    }

    @Test func withoutABaseWhatBothHaveStays() throws {
        let merge = ThreeWayMerge(
            base: nil, theirs: try object("{hosts: [a], resolution: DNS}", version: "2"),
            mine: try object("{hosts: [b], resolution: DNS}", version: "1"))
        #expect(merge.merged["spec"] == ["hosts": ["a", "b"], "resolution": "DNS"])
        #expect(merge.conflicts.isEmpty)
    }
}
