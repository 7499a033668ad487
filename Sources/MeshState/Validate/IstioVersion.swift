/// A release of Istio, as far as rules differ by it.
public struct IstioVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let major: Int
    public let minor: Int
    public let patch: Int

    public init(_ major: Int, _ minor: Int, _ patch: Int = 0) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// Reads what istiod says of itself, such as `1.28.0`, `1.14-maistra-2.3-…` or `1.31-alpha.…`; nil for other text.
    public init?(parsing text: String) {
        let numbers = text.drop { $0 == "v" }.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            .split(separator: ".").compactMap { Int($0) }
        guard numbers.count >= 2 else { return nil }
        self.init(numbers[0], numbers[1], numbers.count > 2 ? numbers[2] : 0)
    }

    /// The first release that has ServiceEntries.
    static let first = IstioVersion(0, 8)

    /// Whether a rule that came with one release, and went with another, holds in this one.
    func lies(since: IstioVersion, until: IstioVersion?) -> Bool { since <= self && until.map { self < $0 } ?? true }

    /// The newest release whose rules meshtop knows.
    public static let current = IstioVersion(1, 31)

    public var description: String { "\(major).\(minor).\(patch)" }

    public static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }
}
