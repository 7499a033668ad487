/// The latest values of a rate, oldest first, at most `capacity` of them.
///
/// Zeroes at the beginning are left out, so that something at rest does not change from one answer to the next.
public struct RateHistory: Sendable, Hashable {
    public static let capacity = 60

    public private(set) var values: [Double] = []

    public init() {}

    public init(_ values: [Double]) {
        for value in values { append(value) }
    }

    /// Adds the newest value; the oldest one goes where there is no room.
    public mutating func append(_ value: Double) {
        if values.isEmpty, value == 0 { return }
        values.append(value)
        let surplus = max(0, values.count - Self.capacity)
        let kept = values.dropFirst(surplus).drop { $0 == 0 }
        if kept.count < values.count { values = Array(kept) }
    }

    /// The latest values, with zeroes in front where there are fewer.
    public func latest(_ count: Int) -> [Double] {
        let last = values.suffix(max(0, count))
        return Array(repeating: 0, count: max(0, count) - last.count) + last
    }
}
