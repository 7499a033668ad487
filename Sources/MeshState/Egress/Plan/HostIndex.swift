/// Numbers by host, found by what a host has in common with others; `*` at the front stands for any beginning.
///
/// Hosts are compared without regard to case.
struct HostIndex: Sendable {
    private var exact: [String: [Int]] = [:]
    /// By what follows the `*`.
    private var wildcards: [String: [Int]] = [:]
    /// The lengths of those in bytes, the longest first.
    private var lengths: [Int] = []
    /// The bytes of every host from its end, without the `*`, in order: names with one ending lie side by side.
    private var backwards: [(bytes: [UInt8], number: Int)] = []

    /// Numbers are returned in the order of their size, whatever the order here.
    init(_ hosts: some Sequence<(host: String, number: Int)>) {
        for (written, number) in hosts {
            let host = HostName.folded(written)
            if host.hasPrefix("*") {
                wildcards[String(host.dropFirst()), default: []].append(number)
                backwards.append((host.utf8.dropFirst().reversed(), number))
            } else {
                exact[host, default: []].append(number)
                backwards.append((host.utf8.reversed(), number))
            }
        }
        lengths = Set(wildcards.keys.map(\.utf8.count)).sorted(by: >)
        backwards.sort { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    }

    var isEmpty: Bool { backwards.isEmpty }

    /// The numbers of every host that shares a name with this one.
    func overlapping(_ written: String) -> [Int] {
        if isEmpty { return [] }
        let host = HostName.folded(written)
        var found: [Int] = []
        if host.hasPrefix("*") {
            let ending = host.dropFirst()
            found = below([UInt8](ending.utf8.reversed()))
            found += above(ending, shorterThan: ending.utf8.count).joined()
        } else {
            found = exact[host] ?? []
            found += above(host[...], shorterThan: .max).joined()
        }
        return found.count < 2 ? found : Set(found).sorted()
    }

    /// The smallest number of the host itself, else of the longest one with `*` that covers it.
    func closest(to written: String) -> Int? {
        let host = HostName.folded(written)
        if host.hasPrefix("*") {
            let ending = host.dropFirst()
            return wildcards[String(ending)]?.min() ?? above(ending, shorterThan: ending.utf8.count).first?.min()
        }
        return exact[host]?.min() ?? above(host[...], shorterThan: .max).first?.min()
    }

    /// What is named with a `*` and an ending of this text, the longest first.
    private func above(_ text: Substring, shorterThan limit: Int) -> [[Int]] {
        let limit = min(limit, text.utf8.count + 1)
        return lengths.filter { $0 < limit }.compactMap { wildcards[String(Substring(text.utf8.suffix($0)))] }
    }

    /// The numbers of every host with this ending, given from its end.
    private func below(_ ending: [UInt8]) -> [Int] {
        var low = 0
        var high = backwards.count
        while low < high {
            let middle = (low + high) / 2
            if backwards[middle].bytes.lexicographicallyPrecedes(ending) { low = middle + 1 } else { high = middle }
        }
        return backwards[low...].prefix { $0.bytes.starts(with: ending) }.map(\.number)
    }
}
