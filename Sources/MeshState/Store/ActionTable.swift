/// What was done and said last.
struct ActionTable {
    /// Older actions than these are not shown any more; the journal still has its changes.
    static let mostKept = 500

    /// Newest first.
    private(set) var actions: [ActionRecord] = []

    /// Adds an action, or puts it in the place of what was known of it before.
    mutating func fold(_ action: ActionRecord) {
        if let index = actions.firstIndex(where: { $0.id == action.id }) {
            actions[index] = action
            return
        }
        // Changes that were made elsewhere become known late; what came last within one moment stands first.
        let index = actions.firstIndex { $0.time <= action.time } ?? actions.endIndex
        actions.insert(action, at: index)
        if actions.count > Self.mostKept { actions.removeLast() }
    }
}
