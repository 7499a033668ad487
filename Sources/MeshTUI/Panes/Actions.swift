import FoundationEssentials
import MeshState

/// What operators did to an object, for its details.
enum Actions {
    static func lines(on key: ObjectKey, in context: RowContext) -> [DetailLine] {
        let done = context.snapshot.actions.filter { $0.change?.target == key }
        guard !done.isEmpty else { return [] }
        return [.heading("Changes")]
            + done.prefix(20).map { action in
                .field(context.clock.time(action.time), CellText("\(action.summary) by \(action.who): \(words(action))"))
            }
    }

    private static func words(_ action: ActionRecord) -> String {
        switch action.outcome {
        case .pending: "pending"
        case .done: "done"
        case .failed(let message, _): "failed: \(message)"
        case .unknown: "not known whether it was done"
        }
    }
}
