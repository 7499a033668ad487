import FoundationEssentials
import MeshState

extension KeyTable {
    /// Taking changes back.
    static let historyKeys: [KeyBinding] = [
        KeyBinding(
            "undo", [.character("u")], .change, hint: "undo",
            "Undo my last change, or in the log the selected one: review what would change", reason: cannotUndo
        ) { model in
            let actions = model.undoable
            return actions.isEmpty ? [] : [.readForUndo(actions)]
        }
    ]

    private static let cannotUndo: @Sendable (AppModel) -> String? = { model in
        if let reason = model.lockReason { return reason }
        if !model.undoable.isEmpty { return nil }
        return model.focus == .log ? "no row is selected" : "you have changed nothing that could be undone"
    }
}

extension AppModel {
    /// Why nothing may be changed now; nil when it may.
    var lockReason: String? {
        if isReplay { return "this is a recording" }
        if past != nil { return "you are looking back (Esc returns to the present)" }
        return switch lock {
        case .forced: "this console was started read-only"
        case .locked: "changes are locked (\(keys.label("lock")) unlocks)"
        case .open: nil
        }
    }

    /// What `u` is about: the last change with all that was made together with it, or in the log the selected one
    /// alone.
    var undoable: [ActionRecord] {
        let actions = latest?.actions ?? []
        guard focus == .log else {
            return Undo.last(of: user, in: actions).map { Undo.batch(of: $0, in: actions) } ?? []
        }
        return selection.map { [$0.snapshot.actions[$0.row.index]] } ?? []
    }

    /// Opens the dialog that takes changes back, now that the objects are known as they are.
    mutating func openUndo(_ actions: [ActionRecord], _ readings: [ObjectKey: ObjectReading]) -> [Effect] {
        guard layers.isEmpty, let first = actions.first else { return [] }
        do throws(ChangeRefusal) {
            var changes: [ProposedChange] = []
            for action in actions { changes.append(try undoing(action, readings)) }
            let when = "\(WallClock.timestamp(first.time)) by \(first.who), \(first.origin)"
            guard actions.count > 1 else { return review(changes, lead: "\(first.summary): \(when)") }
            let title = "Undo \(Words.count(changes.count, "change"))"
            return review(changes, title: title, lead: "Made together: \(when)")
        } catch {
            say("u: \(error.reason)", isError: true)
        }
        return []
    }

    private mutating func undoing(
        _ action: ActionRecord, _ readings: [ObjectKey: ObjectReading]
    ) throws(ChangeRefusal) -> ProposedChange {
        let live: JSONValue?
        switch action.change.flatMap({ readings[$0.target] }) {
        case .failed(let message): throw ChangeRefusal(message)
        case .absent, nil: live = nil
        case .object(let object): live = object
        }
        lastRequest += 1
        let request = try Undo.request(of: action, live: live, in: latest?.actions ?? [], at: now, id: lastRequest)
        return ProposedChange(
            request: request, row: .object(request.target), pane: .of(request.target), goal: .changed(request.target),
            base: live)
    }
}
