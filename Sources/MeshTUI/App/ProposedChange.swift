public import MeshState

/// A change as it is put before the operator: what would be sent, and what it was made from.
struct ProposedChange: Sendable, Hashable {
    /// Where it was written: what is opened again when the API refuses it.
    enum Origin: Sendable, Hashable {
        /// Made from the row alone.
        case row
        case form(Draft)
        /// With the path of its file, which is removed once the change is made.
        case editor(EditorJob, file: String)
        /// A file that is the operator's own.
        case file(String)
    }

    var request: ChangeRequest
    /// The row that it was asked for, and its pane.
    var row: RowID
    var pane: PaneID
    var goal: ChangeProgress.Goal
    /// The object that it was made from; nil where nothing is changed that was there before.
    var base: JSONValue?
    var origin = Origin.row
    /// Whether it is one of several that are made together.
    var isOneOfMany = false

    var baseVersion: String? { base?["metadata"]?["resourceVersion"]?.stringValue }
}

/// An object as the API holds it now, as far as it could be read.
public enum ObjectReading: Sendable, Hashable {
    case object(JSONValue)
    case absent
    /// Why it could not be read.
    case failed(String)

    var object: JSONValue? { if case .object(let object) = self { object } else { nil } }
}

/// What is known of what changes would do.
public enum Foresight: Sendable, Hashable {
    /// It is being worked out.
    case working
    /// In words, a line each; `gaps` are what could not be taken into account.
    case known(lines: [String], gaps: [String])
    /// Why it cannot be told.
    case failed(String)
}
