/// How long to wait before a program is started again: hardly at all after a long run, ever longer when it keeps
/// failing.
public struct RestartBackoff: Sendable, Hashable {
    /// A program that ran this long was in good health, so that its end counts as the first one.
    public static let healthyRun = Duration.seconds(10)
    public static let shortest = Duration.milliseconds(100)
    public static let longest = Duration.seconds(10)

    private var next = shortest

    public init() {}

    /// The time to wait after a run of this length.
    public mutating func delay(afterRunning run: Duration) -> Duration {
        if run >= Self.healthyRun { next = Self.shortest }
        defer { next = min(next * 2, Self.longest) }
        return next
    }
}
