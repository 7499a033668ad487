/// Why no change can be proposed, in words that say what to do instead.
public struct ChangeRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    public let reason: String

    public init(_ reason: String) { self.reason = reason }

    public var description: String { reason }
}
