extension String {
    /// The text as one segment of a path.
    var pathEscaped: String { escaped(keeping: "-._~:") }
    /// The text as a name or a value of a query.
    var queryEscaped: String { escaped(keeping: "-._~:/,") }

    private func escaped(keeping kept: String) -> String {
        var result = ""
        for byte in utf8 {
            let scalar = Unicode.Scalar(byte)
            let isWord =
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9": true
                default: kept.unicodeScalars.contains(scalar)
                }
            if isWord {
                result.unicodeScalars.append(scalar)
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }
}
