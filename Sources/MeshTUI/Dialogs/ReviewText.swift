public import MeshState

/// The review of changes as plain text, the same that the console's dialog shows.
public enum ReviewText {
    /// Whom the objects belong to, what becomes different from what the API holds, and what that would do.
    public static func text(
        _ changes: [ChangeRequest], current: [ObjectKey: ObjectReading], foresight: Foresight, snapshot: MeshSnapshot
    ) -> String {
        let proposed = changes.map { change in
            ProposedChange(
                request: change, row: .object(change.target), pane: .entries, goal: .changed(change.target),
                base: current[change.target]?.object)
        }
        var review = Review(proposed, in: snapshot)
        review.take(current)
        review.take(foresight)
        return review.lines.map { "\($0.cell.text)\n" }.joined()
    }
}
