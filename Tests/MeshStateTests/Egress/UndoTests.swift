import FoundationEssentials
import MeshState
import Testing

struct UndoTests {
    static let spec: JSONValue = ["hosts": ["cnn.com"], "ports": [["number": 80, "name": "http", "protocol": "HTTP"]]]
    static let other: JSONValue = ["hosts": ["bbc.com"], "ports": [["number": 80, "name": "http", "protocol": "HTTP"]]]

    static func object(_ version: String, _ spec: JSONValue = spec) -> JSONValue {
        entryObject("cnn", version: version, spec: spec)
    }

    static func action(
        _ number: Int64, _ verb: ActionRecord.Verb = .replace, before: JSONValue? = nil, after: JSONValue? = nil,
        undoes: Int64? = nil, who: String = "ann", summary: String = "edit cnn",
        outcome: ActionRecord.Outcome = .done(warnings: [])
    ) -> ActionRecord {
        ActionRecord(
            id: .change(number), time: .at("12:00:00"), who: who, origin: "console", context: "lab", server: "s",
            summary: summary,
            change: .init(
                target: ObjectKey(kind: "ServiceEntry", namespace: "default", name: "cnn"), verb: verb, before: before,
                sent: after, answer: after, undoes: undoes),
            outcome: outcome)
    }

    static let created = action(1, .create, after: object("5"), summary: "allow cnn.com:80")
    static let replaced = action(1, before: object("4", other), after: object("5"))
    static let deleted = action(1, .delete, before: object("4"))

    @Test("what a change is undone by")
    func requests() throws {
        var live = Self.object("5")
        let removal = try Undo.request(of: Self.created, live: live, at: .at("12:00:00"), id: 7)
        #expect(removal.action == .delete(resourceVersion: "5"))
        #expect(removal.summary == "undo allow cnn.com:80" && removal.undoes == 1 && removal.id == 7)

        // istiod writes the status, which is nobody's change, and moves the version.
        live["metadata"]?["resourceVersion"] = "9"
        live["metadata"]?["managedFields"] = [["manager": "pilot"]]
        live["metadata"]?["generation"] = 3
        live["status"] = ["addresses": []]
        live["apiVersion"] = "networking.istio.io/v1beta1"
        #expect(
            try Undo.request(of: Self.created, live: live, at: .at("12:00:00"), id: 7).action
                == .delete(resourceVersion: "9"))

        guard case .replace(let object) = try Undo.request(of: Self.replaced, live: live, at: .at("12:00:00"), id: 1).action
        else {
            Issue.record("no replace")
            return
        }
        #expect(object["spec"] == Self.other && object["metadata"]?["resourceVersion"] == "9")
        #expect(object["metadata"]?["uid"] == "u" && object["metadata"]?["managedFields"] == nil)

        guard case .create(let again) = try Undo.request(of: Self.deleted, live: nil, at: .at("12:00:00"), id: 1).action
        else {
            Issue.record("no create")
            return
        }
        #expect(again["spec"] == Self.spec && again["metadata"]?["resourceVersion"] == nil)
        #expect(again["metadata"]?["uid"] == nil)
    }

    @Test("what is not undone, and why", arguments: [
        (action(1, before: object("4"), after: object("5"), outcome: .pending), object("5"), "not answered yet"),
        (
            action(1, before: object("4"), after: object("5"), outcome: .failed(message: "x", isConflict: true)),
            object("4"), "failed"
        ),
        (created, nil, "cnn has been deleted since"),
        (replaced, object("6", ["hosts": ["x"]]), "cnn has been changed since (spec.hosts, spec.ports)"),
        (deleted, object("6"), "there is a cnn again"),
        (
            action(1, before: object("4", other), after: object("5"), outcome: .unknown), object("4", other),
            "it was never done"
        ),
    ] as [(ActionRecord, JSONValue?, String)])
    func refusals(_ action: ActionRecord, _ live: JSONValue?, _ reason: String) {
        #expect {
            try Undo.request(of: action, live: live, at: .at("12:00:00"), id: 1)
        } throws: { ("\($0)").contains(reason) }
    }

    @Test("who was at the object meanwhile is named")
    func culprit() {
        var live = Self.object("6", Self.other)
        live["metadata"]?["managedFields"] = [
            ["manager": "meshtop", "time": "2026-11-21T12:00:00Z"],
            ["manager": "kubectl-edit", "time": "2026-11-21T12:05:00Z"],
            ["manager": "pilot", "time": "2026-11-21T12:09:00Z", "subresource": "status"],
        ]
        #expect {
            try Undo.request(of: Self.created, live: live, at: .at("12:00:00"), id: 1)
        } throws: { "\($0)".contains("changed since: by kubectl-edit at 2026-11-21T12:05:00Z (spec.hosts)") }
        let later = Self.action(3, after: live, who: "bob", summary: "edit hosts")
        #expect {
            try Undo.request(of: Self.created, live: live, in: [later, Self.created], at: .at("12:00:00"), id: 1)
        } throws: { "\($0)".contains("changed since: edit hosts, by bob at 2026-11-21T12:00:00Z") }
    }

    @Test("undoing goes further back each time, and again after a redo")
    func sequence() {
        func last(_ actions: [ActionRecord]) -> Int64? { Undo.last(of: "ann", in: actions.reversed())?.number }
        let first = Self.action(1, after: Self.object("5"))
        let second = Self.action(2, after: Self.object("6"))
        let strange = Self.action(3, who: "bob")
        let failed = Self.action(4, outcome: .failed(message: "", isConflict: false))
        #expect(last([]) == nil)
        #expect(last([first, second, strange, failed]) == 2)
        let undo2 = Self.action(5, undoes: 2, summary: "undo edit cnn")
        #expect(last([first, second, strange, undo2]) == 1)
        let undo1 = Self.action(6, undoes: 1)
        #expect(last([first, second, undo2, undo1]) == nil)
        #expect(Undo.undone(in: [undo1, undo2, second, first]) == [1, 2])
        // The undoing is undone: the change stands again.
        let redo = Self.action(7, undoes: 5, summary: "redo edit cnn")
        #expect(last([first, second, undo2, redo]) == 2)
        #expect(Undo.undone(in: [redo, undo2, second, first]) == [5])
        #expect {
            try Undo.request(of: second, live: Self.object("6"), in: [undo2, second], at: .at("12:00:00"), id: 1)
        } throws: { "\($0)".contains("undone already") }
    }

    @Test("an expiry that is over does not come back")
    func overdue() throws {
        let before = entryObject(
            "cnn", annotations: [
                "meshtop.dev/expires": "2026-11-21T12:00:00Z", "meshtop.dev/on-expiry": "delete", "note": "x",
            ], spec: Self.spec)
        let action = Self.action(1, .delete, before: before)
        for (time, kept) in [("11:59:00", 3), ("12:00:00", 1)] {
            let request = try Undo.request(of: action, live: nil, at: .at(time), id: 1)
            #expect(request.object?["metadata"]?["annotations"]?.objectValue?.count == kept)
        }
    }

    @Test("the same with kubectl")
    func kubectl() throws {
        let entry = try ServiceEntry(object: Self.object("5"))
        let off = try EntrySwitch.switchOff(entry, version: "1.28.0", by: "ann o'neil", at: .at("12:00:00"), id: 1)
        let target = entry.id
        let label = ActionRecord.Change(target: target, verb: .replace, before: entry.object, sent: off.object)
        let line = KubectlText.line(for: label)
        #expect(line.hasPrefix("kubectl label serviceentry cnn -n default --overwrite istio.io/rev=meshtop-disabled && "))
        #expect(line.contains("kubectl annotate serviceentry cnn -n default --overwrite meshtop.dev/rev-before=null "))
        #expect(line.hasSuffix("'meshtop.dev/switched-off=2026-11-21T12:00:00Z by ann o'\\''neil'"))
        let back = ActionRecord.Change(target: target, verb: .replace, before: off.object, sent: entry.object)
        #expect(KubectlText.line(for: back).contains("kubectl label serviceentry cnn -n default --overwrite istio.io/rev-"))
        let removal = ActionRecord.Change(target: target, verb: .delete, before: entry.object)
        #expect(KubectlText.script(for: removal) == ["kubectl delete serviceentry cnn -n default"])
        let creation = ActionRecord.Change(target: target, verb: .create, sent: Self.object("5", ["note": "EOF\nEOF\n"]))
        #expect(KubectlText.line(for: creation) == "kubectl apply -f cnn.yaml")
        let script = KubectlText.script(for: creation)
        #expect(script.first == "kubectl apply -f - <<'EOF'" && script.last == "EOF")
        let text = script.dropFirst().dropLast().map { $0 + "\n" }.joined()
        #expect(try YAMLText.parse(text).first?["spec"]?["note"] == "EOF\nEOF\n")
        #expect(!text.contains("resourceVersion") && !text.contains("managedFields"))
    }
}
