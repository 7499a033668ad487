/// An IPv4 address or a block of them; the lab's proxies have no IPv6 address and listen on none.
package struct NetworkPrefix: Sendable, Hashable {
    /// The network's address: bits past the length are zero.
    package let bits: UInt32
    /// 0 to 32.
    package let length: Int
    /// The address as it was written, which may have bits past the length.
    private let written: String

    /// Reads `a.b.c.d` or `a.b.c.d/n`; nil for anything else, IPv6 included.
    package init?(_ text: String) {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count <= 2 else { return nil }
        let parts = halves[0].split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard let byte = UInt8(part), part.first != "+" else { return nil }
            value = value << 8 | UInt32(byte)
        }
        var prefix = 32
        if halves.count == 2 {
            guard let given = Int(halves[1]), (0...32).contains(given) else { return nil }
            prefix = given
        }
        length = prefix
        bits = prefix == 0 ? 0 : value & (UInt32.max << UInt32(32 - prefix))
        written = String(halves[0])
    }

    package var isSingleAddress: Bool { length == 32 }

    /// The network's address in dotted form.
    package var address: String {
        [24, 16, 8, 0].map { String(bits >> UInt32($0) & 0xFF) }.joined(separator: ".")
    }

    /// As istiod keeps it: a /32 is the bare address, a block stays as it was written.
    package var istioText: String { isSingleAddress ? address : "\(written)/\(length)" }

    // Two blocks are one when they cover the same addresses, however they were written.
    package static func == (left: Self, right: Self) -> Bool { left.bits == right.bits && left.length == right.length }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(bits)
        hasher.combine(length)
    }
}
