public import MeshState

/// A service entry that is to be edited in the operator's own editor.
public struct EditorJob: Sendable, Hashable {
    /// The entry that is edited; nil for a new one.
    public var target: ObjectKey?
    /// The object as it was read; nil for a new one.
    public var base: JSONValue?
    /// What the editor begins with, as YAML.
    public var text: String
    /// What has to be corrected, from an earlier round.
    public var problems: [String] = []
    /// The rules that count.
    public var version: IstioVersion
    /// The path of the file of an earlier round; nil for a new one.
    public var file: String?
    /// The form that it was begun in.
    var draft: Draft.ID?

    /// Begins to edit an object as it was read, without what the API server alone writes.
    public init(editing base: JSONValue, target: ObjectKey, version: IstioVersion) {
        self.init(target: target, base: base, text: base.withoutServerFields.yamlText, version: version)
    }

    init(target: ObjectKey?, base: JSONValue?, text: String, version: IstioVersion, draft: Draft.ID? = nil) {
        self.target = target
        self.base = base
        self.text = text
        self.version = version
        self.draft = draft
    }
}

/// What came of an editor.
public enum EditorOutcome: Sendable, Hashable {
    case unchanged
    /// An object that the rules let pass, and the path of its file.
    case object(JSONValue, file: String)
    /// It was given up: why, and the path of what was written.
    case gaveUp(String, file: String)
    /// The editor could not be used.
    case failed(String)
}
