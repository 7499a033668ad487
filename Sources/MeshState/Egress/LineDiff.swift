/// What changes between two texts, line by line.
public enum LineDiff {
    /// What becomes of a line.
    public enum Kind: Sendable, Hashable { case same, removed, added }

    /// One line of either text, or of both.
    public struct Line: Sendable, Hashable {
        public let kind: Kind
        public let text: String

        public init(kind: Kind, text: String) {
            self.kind = kind
            self.text = text
        }
    }

    /// Every line of both texts in order; of a place that changed, what goes stands before what comes.
    public static func lines(from old: String, to new: String) -> [Line] {
        let before = split(old)
        let after = split(new)
        var removed: Set<Int> = []
        var added: Set<Int> = []
        for change in after.difference(from: before) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): added.insert(offset)
            }
        }
        var result: [Line] = []
        var from = 0
        var to = 0
        while from < before.count || to < after.count {
            if removed.contains(from) {
                result.append(Line(kind: .removed, text: before[from]))
                from += 1
            } else if added.contains(to) {
                result.append(Line(kind: .added, text: after[to]))
                to += 1
            } else {
                result.append(Line(kind: .same, text: after[to]))
                from += 1
                to += 1
            }
        }
        return result
    }

    private static func split(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}
