import FoundationEssentials
import MeshState

extension KeyTable {
    /// Taking changes back.
    static let historyKeys: [KeyBinding] = [
        KeyBinding(
            "undo", [.character("u")], .change, hint: "undo",
            "Undo my last change, or in the log the selected one: review what would change", reason: cannotUndo
        ) { model in
            guard let action = model.undoable else { return [] }
            return [.readForUndo(action)]
        }
    ]

    private static let cannotUndo: @Sendable (AppModel) -> String? = { model in
        if let reason = model.lockReason { return reason }
        if model.undoable != nil { return nil }
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

    /// What `u` is about.
    var undoable: ActionRecord? {
        guard focus == .log else { return Undo.last(of: user, in: latest?.actions ?? []) }
        return selection.map { $0.snapshot.actions[$0.row.index] }
    }

    /// Opens the dialog that takes a change back, now that the object is known as it is.
    mutating func openUndo(_ action: ActionRecord, _ reading: ObjectReading) -> [Effect] {
        guard layers.isEmpty else { return [] }
        lastRequest += 1
        do throws(ChangeRefusal) {
            let live: JSONValue?
            switch reading {
            case .failed(let message): throw ChangeRefusal(message)
            case .absent: live = nil
            case .object(let object): live = object
            }
            let request = try Undo.request(of: action, live: live, in: latest?.actions ?? [], at: now, id: lastRequest)
            let lead = "\(action.summary): \(WallClock.timestamp(action.time)) by \(action.who), \(action.origin)"
            return propose(
                request, row: .object(request.target), goal: .changed(request.target), lead: lead, base: live)
        } catch {
            say("u: \(error.reason)", isError: true)
        }
        return []
    }
}
