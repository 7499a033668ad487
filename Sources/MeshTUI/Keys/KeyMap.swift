/// The keys of one console: those of the table, or what the operator has bound instead.
public struct KeyMap: Sendable {
    /// In the order of the footer and of help.
    public let bindings: [KeyBinding]

    /// The keys as the table has them.
    public static let standard = KeyMap(KeyTable.bindings)

    private init(_ bindings: [KeyBinding]) { self.bindings = bindings }

    /// Gives actions other keys than the table's; an empty list takes an action's keys away.
    ///
    /// - Parameter changes: keys by the action's name, as `KeyBinding.command` spells it.
    /// - Throws: a mistake where there is no such action, or where two actions would have one key in one place.
    public init(changing changes: [String: [Key]]) throws(KeyMistake) {
        var bindings = KeyTable.bindings
        for (name, keys) in changes.sorted(by: { $0.key < $1.key }) {
            guard let index = bindings.firstIndex(where: { $0.command == name }) else {
                let nearest = name.nearest(among: bindings.map(\.command)).map { "; is \($0) meant?" } ?? ""
                throw KeyMistake(action: name, description: "there is no action \(name)\(nearest)")
            }
            guard !keys.isEmpty || bindings[index].scopes != Set(KeyScope.allCases) else {
                throw KeyMistake(action: name, description: "\(name) must keep a key, as it works everywhere")
            }
            bindings[index].keys = keys
        }
        self.init(bindings)
        if let clash = clash(changed: Set(changes.keys)) { throw clash }
    }

    /// The first key that means two things in one place.
    private func clash(changed: Set<String>) -> KeyMistake? {
        for scope in KeyScope.allCases {
            for pane in scope == .list ? Panes.all : [ServicesPane()] {
                var owners: [Key: KeyBinding] = [:]
                for binding in bindings(in: scope, pane: pane.id) {
                    for key in binding.keys {
                        guard let owner = owners.updateValue(binding, forKey: key) else { continue }
                        let place = scope == .list ? "the pane \(pane.title)" : "a \(scope.rawValue)"
                        let culprit = changed.contains(binding.command) ? binding : owner
                        return KeyMistake(
                            action: culprit.command,
                            description: "\(key.label) would be both \(owner.command) (\(owner.help)) and "
                                + "\(binding.command) (\(binding.help)) in \(place); give one of them another key")
                    }
                }
            }
        }
        return nil
    }

    func binding(for key: Key, scope: KeyScope, pane: PaneID) -> KeyBinding? {
        bindings.first { $0.applies(in: scope, pane: pane) && $0.keys.contains(key) }
    }

    func bindings(in scope: KeyScope, pane: PaneID) -> [KeyBinding] {
        bindings.filter { $0.applies(in: scope, pane: pane) }
    }

    /// The key to name for an action in a sentence; nothing where it has none.
    func label(_ command: String) -> String {
        bindings.first { $0.command == command }?.keys.first?.label ?? ""
    }
}

/// Why keys cannot be bound as they are asked for.
public struct KeyMistake: Error, Sendable, Hashable, CustomStringConvertible {
    /// The action whose line is to be changed.
    public let action: String
    public let description: String
}

extension Key {
    /// Reads a key as help names it: `x`, `F9`, `Ctrl-D`, `PgUp`, `Space`; nil for what is none.
    public init?(label: String) {
        let named: [Key] = [
            .enter, .escape, .tab, .backTab, .backspace, .delete, .insert, .up, .down, .left, .right, .home, .end,
            .pageUp, .pageDown, .character(" "),
        ]
        if label.count == 1, let character = label.first, !character.isWhitespace {
            self = .character(character)
        } else if let key = named.first(where: { $0.label.lowercased() == label.lowercased() }) {
            self = key
        } else if label.first == "F", let number = Int(label.dropFirst()), (1...63).contains(number) {
            self = .function(number)
        } else if label.lowercased().hasPrefix("ctrl-"), label.count == 6, let letter = label.lowercased().last {
            self = .control(letter)
        } else {
            return nil
        }
    }
}

extension String {
    /// The word that was probably meant: the one with the fewest letters wrong, if these are few.
    public func nearest(among words: [String]) -> String? {
        let distances = words.map { (distance(to: $0), $0) }
        guard let best = distances.min(by: { $0.0 < $1.0 }), best.0 <= max(1, count / 3) else { return nil }
        return best.1
    }

    /// How many letters have to be changed, added or removed to make the other word.
    private func distance(to other: String) -> Int {
        let (left, right) = (Array(lowercased()), Array(other.lowercased()))
        var row = Array(0...right.count)
        for (index, letter) in left.enumerated() {
            var previous = row[0]
            row[0] = index + 1
            for place in right.indices {
                let change = previous + (letter == right[place] ? 0 : 1)
                previous = row[place + 1]
                row[place + 1] = Swift.min(change, row[place] + 1, previous + 1)
            }
        }
        return row[right.count]
    }
}
