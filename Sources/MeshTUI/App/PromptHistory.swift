/// What was typed into the prompts of a console, the newest last; each prompt has a list of its own.
public struct PromptHistory: Sendable, Hashable, Codable {
    /// How many lines of one prompt are kept.
    static let limit = 100

    private var lines: [String: [String]]

    public init() { lines = [:] }

    /// The lines of a prompt.
    subscript(prompt: String) -> [String] { lines[prompt] ?? [] }

    /// Notes a line, once; false where there is nothing new to keep.
    mutating func add(_ line: String, to prompt: String) -> Bool {
        guard !line.isEmpty, lines[prompt]?.last != line else { return false }
        let others = self[prompt].filter { $0 != line }
        lines[prompt] = Array((others + [line]).suffix(Self.limit))
        return true
    }

    public init(from decoder: any Decoder) throws {
        lines = try decoder.singleValueContainer().decode([String: [String]].self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(lines)
    }
}
