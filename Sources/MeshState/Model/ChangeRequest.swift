/// How an entry is switched off without losing anything (istiod's own rules; which one depends on its version).
public enum SwitchMechanism: String, Sendable, Hashable, Codable {
    /// A label `istio.io/rev` that no control plane owns (1.17 and later).
    case revisionLabel
    /// `exportTo: ["~"]` (1.7 to 1.16).
    case exportToNobody
    /// Deleted, with a copy kept (1.6 and earlier).
    case deletedWithCopy
}

/// A change that an operator wants made; a value until the effect runner sends it.
public struct ChangeRequest: Sendable, Hashable, Identifiable {
    public enum Action: Sendable, Hashable {
        /// Creates the object.
        case create(JSONValue)
        /// Replaces the object by this one, which carries the resourceVersion that is expected.
        case replace(JSONValue)
        /// Deletes the object if it still has this resourceVersion; nil for whatever version it has.
        case delete(resourceVersion: String?)
    }

    /// Chosen by who asks, to recognise the result by.
    public var id: Int
    public var target: ObjectKey
    public var action: Action
    /// What it does in the operator's words: `allow mysql.example.com:3306`, `switch off cnn`.
    public var summary: String
    /// The number in the journal of the change that this one undoes.
    public var undoes: Int64?

    public init(id: Int, target: ObjectKey, action: Action, summary: String, undoes: Int64? = nil) {
        self.id = id
        self.target = target
        self.action = action
        self.summary = summary
        self.undoes = undoes
    }
}

extension ChangeRequest {
    /// The object that would be there afterwards; nil for a deletion.
    public var object: JSONValue? {
        switch action {
        case .create(let object), .replace(let object): object
        case .delete: nil
        }
    }

    public var verb: ActionRecord.Verb {
        switch action {
        case .create: .create
        case .replace: .replace
        case .delete: .delete
        }
    }
}

/// What the API answered to a change.
public enum ChangeResult: Sendable, Hashable {
    /// Done; warnings are those of the API (`Warning:` headers).
    case done(object: JSONValue, warnings: [String])
    /// Refused or failed: the API's message in full; `conflict` when the object moved meanwhile.
    case failed(message: String, isConflict: Bool)
}
