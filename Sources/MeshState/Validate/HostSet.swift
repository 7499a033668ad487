/// Host names, some with a wildcard first, and which of them cover a name.
///
/// Istio matches wildcards letter by letter: `*le.com` covers `example.com`.
struct HostSet {
    private let names: [String]
    private var plain: Set<String> = []
    /// What follows the wildcard of each name that has one, with where it stands.
    private var suffixes: [Substring: Int] = [:]
    private var suffixLengths: [Int] = []

    init(_ names: [String]) {
        self.names = names
        for (index, name) in names.enumerated() where name.utf8.count <= 255 {
            if name.hasPrefix("*") {
                if suffixes[name.dropFirst()] == nil { suffixes[name.dropFirst()] = index }
            } else {
                plain.insert(name)
            }
        }
        suffixLengths = Set(suffixes.keys.map(\.utf8.count)).sorted(by: >)
    }

    /// Whether every name that a host stands for is among these.
    func covers(_ host: String) -> Bool {
        if plain.contains(host) { return true }
        return wildcard(over: host, except: nil) != nil
    }

    /// Where a wildcard stands that covers a host; the longest one.
    private func wildcard(over host: String, except own: Int?) -> Int? {
        guard host.utf8.count <= 255 else { return nil }
        let isWildcard = host.hasPrefix("*")
        let text = isWildcard ? host.dropFirst() : host[...]
        let length = text.utf8.count
        for suffixLength in suffixLengths where suffixLength <= length {
            let start = text.utf8.index(text.endIndex, offsetBy: -suffixLength)
            if let index = suffixes[text[start...]], index != own { return index }
        }
        return nil
    }

    /// The names for a message: the first few.
    var summary: String {
        let shown = names.prefix(10).joined(separator: ", ")
        return names.count > 10 ? "\(shown), and \(names.count - 10) more" : shown
    }

    /// For each name that an other one of the list covers: where the later of the two stands, and both in their order.
    static func overlaps(_ names: [String]) -> [(index: Int, first: String, second: String)] {
        let set = HostSet(names)
        var seen: [String: Int] = [:]
        var result: [(index: Int, first: String, second: String)] = []
        for (index, name) in names.enumerated() {
            let other = seen[name] ?? set.wildcard(over: name, except: index)
            seen[name] = seen[name] ?? index
            guard let other, names[other] != name || other < index else { continue }
            result.append((max(index, other), names[min(index, other)], names[max(index, other)]))
        }
        return result
    }
}
