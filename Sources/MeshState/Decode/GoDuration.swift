/// Durations as Go writes them: `300ms`, `-1.5h`, `2h45m`.
package enum GoDuration {
    /// nil for what is no duration, or longer than 290 years.
    package static func nanoseconds(_ text: String) -> Int64? {
        var rest = Substring(text)
        let isNegative = rest.hasPrefix("-")
        if isNegative || rest.hasPrefix("+") { rest.removeFirst() }
        if rest == "0" { return 0 }
        guard !rest.isEmpty else { return nil }
        var total = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            guard digits.utf8.count < 40, digits.contains(where: \.isNumber), let value = Double(digits) else {
                return nil
            }
            rest = rest.dropFirst(digits.count)
            guard let unit = units.first(where: { rest.hasPrefix($0.name) }) else { return nil }
            rest = rest.dropFirst(unit.name.count)
            total += value * unit.length
        }
        return Int64(exactly: (isNegative ? -total : total).rounded())
    }

    /// Longer names before those that they start with.
    private static let units: [(name: String, length: Double)] = [
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 6e10), ("h", 3.6e12),
    ]
}

extension FieldReader {
    /// A duration in seconds.
    func duration(_ key: String) throws(DecodeError) -> Double? {
        guard let text = try string(key) else { return nil }
        guard let time = GoDuration.nanoseconds(text), time >= 0 else {
            throw error(key, "is no duration: \"\(text)\"", remedy: "write it like 3s or 250ms")
        }
        return Double(time) / 1e9
    }

    func number(_ key: String) throws(DecodeError) -> Double? {
        guard let value = value(key) else { return nil }
        guard let number = value.numberValue else { throw error(key, "is not a number") }
        return number
    }

    func flag(_ key: String) throws(DecodeError) -> Bool? {
        guard let value = value(key) else { return nil }
        guard let flag = value.boolValue else { throw error(key, "is neither true nor false") }
        return flag
    }

    /// One of an enumeration's spellings.
    func choice<Choice>(_ key: String) throws(DecodeError) -> Choice?
    where Choice: RawRepresentable<String> & CaseIterable {
        guard let text = try string(key) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw error(key, "is \"\(text)\", which is unknown", remedy: "write one of \(known)")
        }
        return choice
    }
}
