/// Cuts a stream of bytes into lines, wherever the network cut it.
struct LineSplitter {
    private let longest: Int
    private var rest: [UInt8] = []
    private var isSkipping = false
    /// Lines that were longer than allowed and left out.
    private(set) var skipped = 0

    /// - Parameter longest: bytes of the longest line that is kept.
    init(longest: Int) { self.longest = longest }

    /// The lines that these bytes complete, without their ends.
    mutating func append(_ bytes: some Sequence<UInt8>) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                if isSkipping {
                    isSkipping = false
                } else {
                    if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
                    lines.append(rest)
                }
                rest.removeAll(keepingCapacity: true)
            } else if !isSkipping {
                rest.append(byte)
                if rest.count > longest {
                    isSkipping = true
                    skipped += 1
                    rest.removeAll()
                }
            }
        }
        return lines
    }

    /// What came after the last end of a line.
    mutating func remainder() -> [UInt8] {
        defer { rest = [] }
        return rest
    }
}
