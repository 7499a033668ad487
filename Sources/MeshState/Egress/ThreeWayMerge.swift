/// Brings together two changes of one object that were made at the same time, field by field.
///
/// What only one side changed is taken from it. Lists of words are merged as sets, and lists of objects that have names
/// by their names. Where both sides changed the same field in different ways there is a conflict, and a person chooses.
public struct ThreeWayMerge: Sendable, Hashable {
    /// Whose value a field gets.
    public enum Side: String, Sendable, Hashable { case theirs, mine }

    /// A field that both sides changed in different ways; nil stands for a field that is not there.
    public struct Conflict: Sendable, Hashable, Identifiable {
        /// Such as `spec.ports[http].number`: elements that have a name stand under it.
        public let path: String
        public let base: JSONValue?
        public let theirs: JSONValue?
        public let mine: JSONValue?

        public var id: String { path }
    }

    /// The object from which mine was made.
    public let base: JSONValue
    public let theirs: JSONValue
    public let mine: JSONValue
    public private(set) var conflicts: [Conflict] = []
    /// Both changes together, with theirs' resourceVersion.
    public private(set) var merged: JSONValue = .null
    private var choices: [String: Side] = [:]

    /// Merges three states of an object; what the API server alone writes is left out of the comparison.
    ///
    /// - Parameter base: nil where there was no object before.
    public init(base: JSONValue?, theirs: JSONValue, mine: JSONValue) {
        self.base = (base ?? [:]).withoutServerFields
        self.theirs = theirs
        self.mine = mine
        merge()
    }

    /// Whose value a conflict gets; theirs until somebody chooses.
    public func choice(of conflict: Conflict) -> Side { choices[conflict.path] ?? .theirs }

    /// Chooses a side for a conflict.
    public mutating func choose(_ side: Side, for conflict: Conflict) {
        choices[conflict.path] = side
        merge()
    }

    private mutating func merge() {
        var round = Round(choices: choices)
        var result = round.merge(base, theirs.withoutServerFields, mine.withoutServerFields, "") ?? .null
        // The API takes the result as a change of theirs.
        var metadata = result["metadata"] ?? [:]
        for key in ["resourceVersion", "uid"] {
            if let value = theirs["metadata"]?[key] { metadata[key] = value }
        }
        result["metadata"] = metadata
        merged = result
        conflicts = round.conflicts
    }

    private struct Round {
        let choices: [String: Side]
        var conflicts: [Conflict] = []

        mutating func merge(
            _ base: JSONValue?, _ theirs: JSONValue?, _ mine: JSONValue?, _ path: String
        ) -> JSONValue? {
            if theirs == mine || mine == base { return theirs }
            if theirs == base { return mine }
            if let theirs, let mine {
                switch (theirs, mine) {
                case (.object(let left), .object(let right)):
                    return mergeMembers(base?.objectValue ?? [:], left, right, path)
                case (.array(let left), .array(let right)):
                    let before = base?.arrayValue ?? []
                    if let words = Self.words(before, left, right) { return words }
                    if let key = Self.name(of: [before, left, right]) {
                        return mergeElements(before, left, right, key, path)
                    }
                default: break
                }
            }
            conflicts.append(Conflict(path: path, base: base, theirs: theirs, mine: mine))
            return choices[path] == .mine ? mine : theirs
        }

        private mutating func mergeMembers(
            _ base: [String: JSONValue], _ theirs: [String: JSONValue], _ mine: [String: JSONValue], _ path: String
        ) -> JSONValue {
            var members: [String: JSONValue] = [:]
            for key in Set(theirs.keys).union(mine.keys).union(base.keys).sorted() {
                let place = path.isEmpty ? key : "\(path).\(key)"
                if let value = merge(base[key], theirs[key], mine[key], place) { members[key] = value }
            }
            return .object(members)
        }

        /// Lists of words: theirs without what mine took away and with what mine added.
        private static func words(_ base: [JSONValue], _ theirs: [JSONValue], _ mine: [JSONValue]) -> JSONValue? {
            guard (base + theirs + mine).allSatisfy({ $0.stringValue != nil }) else { return nil }
            let removed = Set(base).subtracting(mine)
            let kept = theirs.filter { !removed.contains($0) }
            return .array(kept + mine.filter { !base.contains($0) && !kept.contains($0) })
        }

        /// The member by which the elements of lists can be told apart.
        private static func name(of lists: [[JSONValue]]) -> String? {
            ["name", "address"].first { key in
                lists.allSatisfy { list in
                    let names = list.compactMap { $0[key]?.stringValue }
                    return names.count == list.count && Set(names).count == names.count
                }
            }
        }

        private mutating func mergeElements(
            _ base: [JSONValue], _ theirs: [JSONValue], _ mine: [JSONValue], _ key: String, _ path: String
        ) -> JSONValue {
            func byName(_ list: [JSONValue]) -> [String: JSONValue] {
                Dictionary(list.map { ($0[key]?.stringValue ?? "", $0) }, uniquingKeysWith: { first, _ in first })
            }
            let (before, left, right) = (byName(base), byName(theirs), byName(mine))
            var order = theirs.compactMap { $0[key]?.stringValue }
            order += mine.compactMap { $0[key]?.stringValue }.filter { left[$0] == nil }
            return .array(
                order.compactMap { name in merge(before[name], left[name], right[name], "\(path)[\(name)]") })
        }
    }
}

extension JSONValue {
    /// The object without its status and what else the API server alone writes, resourceVersion among it.
    public var withoutServerFields: JSONValue {
        var result = self
        result["status"] = nil
        guard var metadata = result["metadata"] else { return result }
        for key in ["managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink"] {
            metadata[key] = nil
        }
        result["metadata"] = metadata
        return result
    }
}
