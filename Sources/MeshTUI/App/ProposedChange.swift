import MeshState

/// A change as it is put before the operator: what would be sent, and what it was based on.
struct ProposedChange: Sendable, Hashable {
    /// The object as it was when the dialog opened.
    struct Captured: Sendable, Hashable {
        var key: ObjectKey
        var resourceVersion: String
    }

    var request: ChangeRequest
    /// The row that it was asked for, and its pane.
    var row: RowID
    var pane: PaneID
    var goal: ChangeProgress.Goal
    /// nil where nothing is changed that was there before.
    var captured: Captured?
}
