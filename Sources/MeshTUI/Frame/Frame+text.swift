extension Frame {
    /// The characters alone, a line a row, without blanks at the ends of lines.
    public var text: String {
        (0..<size.rows).map { row in
            var line = cells[(row * size.columns)..<((row + 1) * size.columns)].map(\.text).joined()
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }
}
