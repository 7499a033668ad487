import FoundationEssentials
import MeshState
import Testing

struct EntrySwitchTests {
    @Test(
        "the mechanism of a release",
        arguments: [
            ("1.31.0", SwitchMechanism.revisionLabel), ("1.17.0", .revisionLabel), ("1.16.7", .exportToNobody),
            ("1.14-maistra-2.3", .exportToNobody), ("1.7.0", .exportToNobody), ("1.6.14", .deletedWithCopy),
            ("0.8.0", .deletedWithCopy), ("", .revisionLabel), ("lab", .revisionLabel),
        ])
    func mechanism(_ version: String, _ expected: SwitchMechanism) {
        #expect(EntrySwitch.mechanism(for: version) == expected)
    }

    private static func replaced(_ request: ChangeRequest) throws -> JSONValue {
        guard case .replace(let object) = request.action else {
            Issue.record("\(request.action) is no replace")
            return .null
        }
        return object
    }

    @Test(
        "off and on again gives the same object",
        arguments: ["1.28.0", "1.12.0"],
        [
            cnnSpec, cnnSpec.with("exportTo", []), cnnSpec.with("exportTo", ["*"]),
            cnnSpec.with("exportTo", [".", "vm"]),
            cnnSpec.with("unknownField", ["kept": .null]),
        ])
    func roundTrip(_ version: String, _ spec: JSONValue) throws {
        for labels: JSONValue in [["app": "x"], ["istio.io/rev": "stable"]] {
            var object = entryObject("cnn", version: "7", labels: labels, annotations: ["note": "x"], spec: spec)
            object["status"] = ["addresses": [["value": "240.240.0.1", "host": "edition.cnn.com"]]]
            let entry = try ServiceEntry(object: object)
            #expect(EntrySwitch.isOff(entry) == nil)

            let off = try EntrySwitch.switchOff(entry, version: version, by: "ada", at: .at("12:00:00"), id: 3)
            #expect(off.target == entry.id)
            #expect(off.summary == "switch off cnn")
            var offObject = try Self.replaced(off)
            #expect(offObject["metadata"]?["resourceVersion"] == "7")
            #expect(offObject["status"] == nil)
            #expect(offObject["metadata"]?["annotations"]?["meshtop.dev/switched-off"] == "2026-11-21T12:00:00Z by ada")
            let offEntry = try ServiceEntry(object: offObject)
            #expect(EntrySwitch.isOff(offEntry) == EntrySwitch.mechanism(for: version))
            #expect(
                ServiceEntryRules.problems(in: offObject).allSatisfy {
                    $0.severity == .warning || spec["unknownField"] != nil
                })

            // The API gives it a new version meanwhile.
            offObject["metadata"]?["resourceVersion"] = "8"
            let on = try EntrySwitch.switchOn(ServiceEntry(object: offObject), id: 4)
            var expected = object
            expected["status"] = nil
            expected["metadata"]?["managedFields"] = nil
            expected["metadata"]?["resourceVersion"] = "8"
            #expect(try Self.replaced(on) == expected)
        }
    }

    @Test("what meshtop adds goes away with all that held it")
    func emptyMaps() throws {
        let object: JSONValue = ["metadata": ["name": "a", "namespace": "n"], "spec": ["hosts": ["a.b"]]]
        let off = try EntrySwitch.switchOff(
            ServiceEntry(object: object), version: "", by: "x", at: .at("12:00:00"), id: 0)
        let on = try EntrySwitch.switchOn(ServiceEntry(object: Self.replaced(off)), id: 1)
        #expect(try Self.replaced(on) == object)
    }

    @Test("an entry that somebody else switched off can be switched on")
    func foreign() throws {
        let entry = try ServiceEntry(object: entryObject("cnn", spec: cnnSpec.with("exportTo", ["~"])))
        #expect(EntrySwitch.isOff(entry) == .exportToNobody)
        let on = try Self.replaced(EntrySwitch.switchOn(entry, id: 1))
        #expect(on["spec"] == cnnSpec)
    }

    @Test("refusals say what to do")
    func refusals() throws {
        let entry = try ServiceEntry(object: entryObject("cnn", spec: cnnSpec))
        #expect(throws: ChangeRefusal("cnn is on already")) { try EntrySwitch.switchOn(entry, id: 1) }
        let old = #expect(throws: ChangeRefusal.self) {
            try EntrySwitch.switchOff(entry, version: "1.5.0", by: "x", at: .at("12:00:00"), id: 1)
        }
        #expect(old?.reason.contains("kubectl get serviceentry cnn -n default -o yaml") == true)
        let off = try ServiceEntry(
            object: entryObject("cnn", labels: ["istio.io/rev": "meshtop-disabled"], spec: cnnSpec))
        #expect(throws: ChangeRefusal("cnn is switched off already")) {
            try EntrySwitch.switchOff(off, version: "", by: "x", at: .at("12:00:00"), id: 1)
        }
        let damaged = try ServiceEntry(
            object: entryObject(
                "cnn", labels: ["istio.io/rev": "meshtop-disabled"], annotations: ["meshtop.dev/rev-before": "{"],
                spec: cnnSpec))
        #expect(throws: ChangeRefusal.self) { try EntrySwitch.switchOn(damaged, id: 1) }
    }
}

extension JSONValue {
    func with(_ key: String, _ value: JSONValue) -> JSONValue {
        var copy = self
        copy[key] = value
        return copy
    }
}
