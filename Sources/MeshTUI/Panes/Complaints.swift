public import MeshState

/// What a pane's sources lack, for a table that has no border to say it on.
public struct Complaints: Sendable, Hashable {
    /// One line a source that did not answer.
    public let lines: [String]
    /// Whether there is no source that ever answered, so that an empty table would be a lie.
    public let isTotal: Bool

    public init(pane id: PaneID, snapshot: MeshSnapshot) {
        let pane = Panes.pane(id)
        let sources = snapshot.sources.filter { pane.isFed(by: $0.key) }.sorted { $0.key < $1.key }
        lines = sources.compactMap { source, state in
            switch state.condition {
            case .live: nil
            case .connecting: "\(source.label): no answer yet"
            case .failing(let reason, _, _), .denied(let reason): "\(source.label): \(reason)"
            }
        }
        isTotal = !lines.isEmpty && sources.allSatisfy { $0.value.lastSuccess == nil }
    }
}
