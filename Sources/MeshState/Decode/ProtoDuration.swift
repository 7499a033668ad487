/// Times as Istio's objects write them: `10s`, `1h30m`, `250ms`.
enum ProtoDuration {
    /// Reads a duration in seconds; nil for anything else, negative ones included.
    static func seconds(_ text: String) -> Double? {
        var total = 0.0
        var rest = Substring(text)
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { !($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(unit.count)
            guard let number = Double(digits), let factor = units[String(unit)] else { return nil }
            total += number * factor
        }
        return total
    }

    private static let units = [
        "h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9,
    ]
}

extension FieldReader {
    /// A duration in seconds.
    func duration(_ key: String) throws(DecodeError) -> Double? {
        guard let text = try string(key) else { return nil }
        guard let seconds = ProtoDuration.seconds(text) else {
            throw error(key, "is no duration: \"\(text)\"", remedy: "write it like 3s or 250ms")
        }
        return seconds
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
