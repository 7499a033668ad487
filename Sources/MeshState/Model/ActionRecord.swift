public import FoundationEssentials

/// Something that was done to the mesh, or a message that the operator was shown: a line of the log.
public struct ActionRecord: Sendable, Hashable, Codable, Identifiable {
    public enum ID: Sendable, Hashable, Codable, Comparable {
        /// A change, by its number in the journal.
        case change(Int64)
        /// A message, by its number in this run of the program.
        case message(Int)
    }

    public enum Verb: String, Sendable, Hashable, Codable, CaseIterable { case create, replace, delete }

    /// What was asked of the API.
    public struct Change: Sendable, Hashable, Codable {
        public var target: ObjectKey
        public var verb: Verb
        /// The object as the API held it just before; nil where there was none.
        public var before: JSONValue?
        /// The object that was sent; nil for a deletion.
        public var sent: JSONValue?
        /// What the API answered with; nil until it did, or where it refused.
        public var answer: JSONValue?
        /// The number of the change that this one undoes.
        public var undoes: Int64?
        /// A word that all changes have that were made together, and are undone together; nil for one made alone.
        public var batch: String?

        public init(
            target: ObjectKey, verb: Verb, before: JSONValue? = nil, sent: JSONValue? = nil, answer: JSONValue? = nil,
            undoes: Int64? = nil, batch: String? = nil
        ) {
            self.target = target
            self.verb = verb
            self.before = before
            self.sent = sent
            self.answer = answer
            self.undoes = undoes
            self.batch = batch
        }
    }

    public enum Outcome: Sendable, Hashable, Codable {
        /// Sent; the API has not answered yet.
        case pending
        /// Done; warnings are those of the API.
        case done(warnings: [String])
        /// Refused or failed: the API's message in full; `isConflict` when the object had moved.
        case failed(message: String, isConflict: Bool)
        /// The program ended before the API answered: it may have been done or not.
        case unknown
    }

    public var id: ID
    public var time: Date
    /// When the API answered.
    public var finished: Date?
    /// The user.
    public var who: String
    /// Which part of meshtop did it: `console`, `meshtop allow`, `sweep`.
    public var origin: String
    /// The kubeconfig's context or `lab`, and the API's address.
    public var context: String
    public var server: String
    /// What it does in the operator's words.
    public var summary: String
    /// nil for a message.
    public var change: Change?
    public var outcome: Outcome

    public init(
        id: ID, time: Date, finished: Date? = nil, who: String, origin: String, context: String, server: String,
        summary: String, change: Change? = nil, outcome: Outcome
    ) {
        self.id = id
        self.time = time
        self.finished = finished
        self.who = who
        self.origin = origin
        self.context = context
        self.server = server
        self.summary = summary
        self.change = change
        self.outcome = outcome
    }
}

extension ActionRecord {
    /// The number of a change in the journal; nil for a message.
    public var number: Int64? { if case .change(let number) = id { number } else { nil } }

    public var isDone: Bool { if case .done = outcome { true } else { false } }
}
