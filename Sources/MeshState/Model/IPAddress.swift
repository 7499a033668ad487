/// An IPv4 or IPv6 address.
public struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// Four or sixteen of them, in network order.
    public let bytes: [UInt8]

    /// Reads `203.0.113.10` or `2001:db8::1`; leading zeros, zones and ports are not taken.
    public init?(_ text: some StringProtocol) {
        guard let bytes = text.contains(":") ? Self.six(text) : Self.four(text) else { return nil }
        self.bytes = bytes
    }

    /// - Parameter bytes: four or sixteen of them, in network order.
    package init(bytes: [UInt8]) { self.bytes = bytes }

    public var isIPv4: Bool { bytes.count == 4 }

    /// The address in its shortest usual form.
    public var description: String {
        if isIPv4 { return bytes.map { String($0) }.joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        var longest = 0..<0
        var start: Int?
        for index in 0...8 {
            if index < 8, groups[index] == 0 {
                start = start ?? index
            } else if let first = start {
                if index - first > max(1, longest.count) { longest = first..<index }
                start = nil
            }
        }
        func text(_ part: ArraySlice<UInt16>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
        if longest.isEmpty { return text(groups[...]) }
        return text(groups[..<longest.lowerBound]) + "::" + text(groups[longest.upperBound...])
    }

    private static func four(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard part.utf8.count <= 3, part.utf8.allSatisfy({ (48...57).contains($0) }), let byte = UInt8(part),
                part.utf8.count == 1 || part.first != "0"
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func six(_ text: some StringProtocol) -> [UInt8]? {
        let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false).map { String($0) }
        guard halves.count <= 2, let head = groups(halves[0], mayEndInFour: halves.count == 1) else { return nil }
        if halves.count == 1 { return head.count == 16 ? head : nil }
        guard let tail = groups(halves[1], mayEndInFour: true), head.count + tail.count <= 14 else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    private static func groups(_ text: String, mayEndInFour: Bool) -> [UInt8]? {
        if text.isEmpty { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if mayEndInFour, index == parts.count - 1, let four = four(part) {
                bytes += four
            } else {
                guard (1...4).contains(part.utf8.count), part.allSatisfy(\.isHexDigit),
                    let value = UInt16(part, radix: 16)
                else { return nil }
                bytes += [UInt8(value >> 8), UInt8(value & 0xFF)]
            }
        }
        return bytes
    }
}

/// A block of addresses, or a single one.
public struct IPPrefix: Sendable, Hashable {
    public let address: IPAddress
    /// Bits that count, up to 32 or 128.
    public let length: Int

    /// - Parameter length: the bits of the address that count.
    package init(address: IPAddress, length: Int) {
        self.address = address
        self.length = length
    }

    /// Reads an address with or without `/length`; an address alone is a block of one.
    public init?(_ text: some StringProtocol) {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count <= 2, let address = IPAddress(halves[0]) else { return nil }
        self.address = address
        let most = address.bytes.count * 8
        if halves.count == 1 {
            length = most
            return
        }
        guard let length = Int(halves[1]), (0...most).contains(length), String(length) == halves[1] else { return nil }
        self.length = length
    }

    /// Whether the block covers the address.
    public func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        var rest = length
        for (mine, others) in zip(address.bytes, other.bytes) {
            if rest <= 0 { return true }
            let mask: UInt8 = rest >= 8 ? 0xFF : ~(0xFF >> UInt8(rest))
            if mine & mask != others & mask { return false }
            rest -= 8
        }
        return true
    }

    public var isSingleAddress: Bool { length == address.bytes.count * 8 }
}
