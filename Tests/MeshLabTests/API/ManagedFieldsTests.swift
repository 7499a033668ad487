import MeshState
import Testing

@testable import MeshLab

@Suite struct ManagedFieldsTests {
    private func manager(_ name: String, _ operation: ManagedFields.Operation = .update) -> ManagedFields.Manager {
        .init(name: name, operation: operation, apiVersion: "networking.istio.io/v1")
    }

    private func entry(_ spec: JSONValue) -> JSONValue { ["metadata": ["name": "a"], "spec": spec] }

    @Test func givesAFieldToWhoChangedItLast() throws {
        let first = entry(["hosts": ["a"], "resolution": "DNS"])
        var fields = ManagedFields(of: nil)
        fields.recordUpdate(by: manager("one"), from: nil, to: first, resource: .serviceEntries)
        #expect(
            fields.json?[0]?["fieldsV1"] == ["f:spec": [".": [:], "f:hosts": [:], "f:resolution": [:]]])
        let second = entry(["hosts": ["b"], "resolution": "DNS"])
        fields.recordUpdate(by: manager("two"), from: first, to: second, resource: .serviceEntries)
        let lists = fields.json?.arrayValue ?? []
        #expect(lists.first { $0["manager"] == "one" }?["fieldsV1"] == ["f:spec": [".": [:], "f:resolution": [:]]])
        #expect(lists.first { $0["manager"] == "two" }?["fieldsV1"] == ["f:spec": ["f:hosts": [:]]])
        // A manager whose last field goes, goes too.
        let third = entry(["resolution": "DNS"])
        fields.recordUpdate(by: manager("one"), from: second, to: third, resource: .serviceEntries)
        #expect(fields.json?.arrayValue?.compactMap { $0["manager"] } == ["one"])
    }

    @Test func ownsTheElementsOfAKeyedList() throws {
        let live = entry(["ports": [["name": "a", "number": 1]]])
        var fields = ManagedFields(of: nil)
        fields.recordUpdate(by: manager("one"), from: nil, to: live, resource: .serviceEntries)
        let configuration = entry(["ports": [["name": "b", "number": 2]]])
        var merged = try fields.apply(
            configuration, over: live, by: manager("two", .apply), force: false, resource: .serviceEntries)
        #expect(merged["spec"]?["ports"]?.arrayValue?.compactMap { $0["name"] } == ["a", "b"])
        let owned = fields.json?.arrayValue?.first { $0["manager"] == "two" }?["fieldsV1"]
        #expect(
            owned == [
                "f:spec": ["f:ports": [#"k:{"name":"b"}"#: [".": [:], "f:name": [:], "f:number": [:]]]]
            ])
        // Applied again without it, its port goes and the other one stays.
        merged = try fields.apply(
            entry([:]), over: merged, by: manager("two", .apply), force: false, resource: .serviceEntries)
        #expect(merged["spec"]?["ports"]?.arrayValue?.compactMap { $0["name"] } == ["a"])
    }

    @Test func keepsWhatAnotherManagerStillNames() throws {
        var fields = ManagedFields(of: nil)
        let both = entry(["hosts": ["a"], "resolution": "DNS"])
        let first = try fields.apply(
            both, over: nil, by: manager("one", .apply), force: false, resource: .serviceEntries)
        let second = try fields.apply(
            entry(["resolution": "DNS"]), over: first, by: manager("two", .apply), force: false,
            resource: .serviceEntries)
        let third = try fields.apply(
            entry(["hosts": ["a"]]), over: second, by: manager("one", .apply), force: false, resource: .serviceEntries)
        #expect(third["spec"] == ["hosts": ["a"], "resolution": "DNS"])
        let last = try fields.apply(
            entry(["hosts": ["a"]]), over: third, by: manager("two", .apply), force: false, resource: .serviceEntries)
        #expect(last["spec"] == ["hosts": ["a"]])
    }

    @Test func refusesToTakeAFieldUnlessForced() throws {
        var fields = ManagedFields(of: nil)
        let live = entry(["hosts": ["a"]])
        fields.recordUpdate(by: manager("one"), from: nil, to: live, resource: .serviceEntries)
        let wanted = entry(["hosts": ["b"]])
        var attempt = fields
        #expect(
            throws: APIFailure(
                409, "Conflict",
                "Apply failed with 1 conflict: conflict with \"one\" using networking.istio.io/v1: .spec.hosts",
                details: [
                    "causes": [
                        [
                            "reason": "FieldManagerConflict", "field": ".spec.hosts",
                            "message": "conflict with \"one\" using networking.istio.io/v1",
                        ]
                    ]
                ])
        ) {
            try attempt.apply(wanted, over: live, by: manager("two", .apply), force: false, resource: .serviceEntries)
        }
        let taken = try fields.apply(
            wanted, over: live, by: manager("two", .apply), force: true, resource: .serviceEntries)
        #expect(taken["spec"] == ["hosts": ["b"]])
        #expect(fields.json?.arrayValue?.count == 2)
    }

    @Test func survivesTheWireForm() throws {
        let json: JSONValue = [
            "f:metadata": ["f:labels": [".": [:], "f:app": [:]]],
            "f:spec": ["f:ports": [#"k:{"name":"b"}"#: [".": [:], "f:number": [:]]], "f:hosts": [:]],
        ]
        let set = FieldSet(fieldsV1: json)
        #expect(set.fieldsV1 == json)
        #expect(
            set.paths == [
                ".metadata.labels", ".metadata.labels.app", ".spec.hosts", ".spec.ports[name=\"b\"]",
                ".spec.ports[name=\"b\"].number",
            ])
        #expect(set.subtracting(set).isEmpty)
        #expect(set.intersection(set) == set)
    }
}
