import FoundationEssentials
import MeshState
import Testing

struct ExpiryTests {
    @Test("durations", arguments: [
        ("30m", 1800.0), ("1h30m", 5400), ("5s", 5), ("1500ms", 1.5), ("0", nil), ("-5m", nil), ("10", nil), ("", nil),
        ("soon", nil), ("0.5s", nil), ("1000000h", nil),
    ])
    func duration(_ text: String, _ seconds: Double?) { #expect(Expiry.seconds(of: text) == seconds) }

    @Test("what is written is read, or called unreadable", arguments: [
        (["meshtop.dev/expires": "2026-11-21T12:30:00Z", "meshtop.dev/on-expiry": "delete"], "deleted", nil),
        (
            ["meshtop.dev/expires": "2026-11-21T12:30:00Z", "meshtop.dev/on-expiry": "switch-off, remove-port 3306"],
            "switched off again, without port 3306", nil
        ),
        (["meshtop.dev/expires": "soon", "meshtop.dev/on-expiry": "delete"], "deleted", "its expiry \"soon\" is no time"),
        (["meshtop.dev/expires": "2026-11-21T12:30:00Z"], "", "what happens at its expiry is unknown: \"\""),
        (
            ["meshtop.dev/expires": "2026-11-21T12:30:00Z", "meshtop.dev/on-expiry": "delete, explode"], "deleted",
            "what happens at its expiry is unknown: \"delete, explode\""
        ),
    ] as [([String: String], String, String?)])
    func reading(_ annotations: [String: String], _ words: String, _ problem: String?) throws {
        let expiry = try #require(Expiry(annotations: annotations))
        #expect(expiry.words == words && expiry.problem == problem)
    }

    @Test func nothingIsWritten() { #expect(Expiry(annotations: ["meshtop.dev/on-expiry": "delete"]) == nil) }

    private static let spec: JSONValue = [
        "hosts": ["db.example.com"], "addresses": ["203.0.113.10/32"],
        "ports": [["number": 3306, "name": "tcp", "protocol": "TCP"]], "location": "MESH_EXTERNAL",
    ]
    private static let entry = entryObject("db", version: "7", annotations: ["note": "x"], spec: spec)

    private static func request(_ action: ChangeRequest.Action) -> ChangeRequest {
        ChangeRequest(
            id: 1, target: ObjectKey(kind: "ServiceEntry", namespace: "default", name: "db"), action: action,
            summary: "allow db")
    }

    private static func annotations(_ object: JSONValue?) -> [String: String] {
        object?["metadata"]?["annotations"]?.stringMap ?? [:]
    }

    @Test("an allowed entry says that it will be deleted, and is")
    func allowed() throws {
        let limited = try Expiry.limit(Self.request(.create(Self.entry)), before: nil, to: 1800, at: .at("12:00:00"))
        #expect(limited.summary == "allow db for 30m")
        #expect(
            Self.annotations(limited.object) == [
                "note": "x", "meshtop.dev/expires": "2026-11-21T12:30:00Z", "meshtop.dev/on-expiry": "delete",
            ])
        let made = try ServiceEntry(object: limited.object ?? .null)
        #expect(made.expiry?.time == .at("12:30:00"))
        #expect(try Expiry.enforcement(of: made, version: "1.28.0", at: .at("12:29:59"), id: 1) == nil)
        let end = try #require(try Expiry.enforcement(of: made, version: "1.28.0", at: .at("12:30:00"), id: 4))
        #expect(end.action == .delete(resourceVersion: "7") && end.summary == "expired: db is deleted" && end.id == 4)
    }

    @Test("what is toggled comes back as it was", arguments: ["1.28.0", "1.12.0"])
    func toggled(_ version: String) throws {
        let on = try ServiceEntry(object: Self.entry)
        let off = try EntrySwitch.switchOff(on, version: version, by: "ann", at: .at("12:00:00"), id: 1)
        let limited = try Expiry.limit(off, before: on.object, to: 600, at: .at("12:00:00"))
        #expect(limited.summary == "switch off db for 10m")
        #expect(Self.annotations(limited.object)["meshtop.dev/on-expiry"] == "switch-on")
        let during = try ServiceEntry(object: limited.object ?? .null)
        let end = try #require(try Expiry.enforcement(of: during, version: version, at: .at("12:10:00"), id: 1))
        guard case .replace(let back) = end.action else {
            Issue.record("no replace")
            return
        }
        #expect(back["spec"] == Self.spec && Self.annotations(back) == ["note": "x"])
        #expect(back["metadata"]?["resourceVersion"] == "7")

        // And the other way round.
        let again = try Expiry.limit(
            EntrySwitch.switchOn(try ServiceEntry(object: off.object ?? .null), id: 1), before: off.object, to: 60,
            at: .at("12:00:00"))
        let onForAWhile = try ServiceEntry(object: again.object ?? .null)
        let shut = try #require(try Expiry.enforcement(of: onForAWhile, version: version, at: .at("12:01:00"), id: 1))
        #expect(EntrySwitch.isOff(try ServiceEntry(object: shut.object ?? .null)) == EntrySwitch.mechanism(for: version))
        #expect(Self.annotations(shut.object)["meshtop.dev/expires"] == nil)
    }

    @Test("toggling back by hand ends the expiry, other things do not")
    func byHand() throws {
        let on = try ServiceEntry(object: Self.entry)
        let off = try EntrySwitch.switchOff(on, version: "1.28.0", by: "ann", at: .at("12:00:00"), id: 1)
        let limited = try Expiry.limit(off, before: on.object, to: 600, at: .at("12:00:00"))
        let back = try EntrySwitch.switchOn(try ServiceEntry(object: limited.object ?? .null), id: 1)
        #expect(Self.annotations(back.object) == ["note": "x"])

        let allowed = try Expiry.limit(Self.request(.create(Self.entry)), before: nil, to: 60, at: .at("12:00:00"))
        let shut = try EntrySwitch.switchOff(
            try ServiceEntry(object: allowed.object ?? .null), version: "1.28.0", by: "ann", at: .at("12:00:10"), id: 1)
        #expect(Self.annotations(shut.object)["meshtop.dev/on-expiry"] == "delete")
        #expect {
            try Expiry.limit(shut, before: allowed.object, to: 60, at: .at("12:00:10"))
        } throws: { "\($0)".contains("db expires already") }
    }

    @Test("a port that was added goes again, and nothing else")
    func widened() throws {
        var wider = Self.entry
        wider["spec"]?["ports"] = [
            ["number": 3306, "name": "tcp", "protocol": "TCP"], ["number": 3307, "name": "tcp-3307", "protocol": "TCP"],
        ]
        wider["spec"]?["addresses"] = ["203.0.113.10/32", "203.0.113.11"]
        let limited = try Expiry.limit(
            Self.request(.replace(wider)), before: Self.entry, to: 60, at: .at("12:00:00"))
        #expect(
            Self.annotations(limited.object)["meshtop.dev/on-expiry"] == "remove-port 3307, remove-address 203.0.113.11")
        var during = limited.object ?? .null
        during["spec"]?["hosts"] = ["db.example.com", "added.example.com"]
        let end = try #require(
            try Expiry.enforcement(of: try ServiceEntry(object: during), version: "1.28.0", at: .at("12:01:00"), id: 1))
        #expect(end.object?["spec"] == Self.spec.with("hosts", ["db.example.com", "added.example.com"]))
    }

    @Test("what cannot come back by itself is refused")
    func refused() {
        for action in [
            ChangeRequest.Action.delete(resourceVersion: nil), .replace(Self.entry.with("note", 1)),
        ] {
            #expect(throws: ChangeRefusal.self) {
                try Expiry.limit(Self.request(action), before: Self.entry, to: 60, at: .at("12:00:00"))
            }
        }
    }

    @Test("what cannot be read is never enforced")
    func unreadable() throws {
        let entry = try ServiceEntry(
            object: entryObject(
                "db", annotations: ["meshtop.dev/expires": "2026-11-21T12:30:00Z", "meshtop.dev/on-expiry": "explode"],
                spec: Self.spec))
        #expect(try Expiry.enforcement(of: entry, version: "1.28.0", at: .at("23:00:00"), id: 1) == nil)
    }
}
