import FoundationEssentials

/// Writes points in time and ages as the screen shows them.
public struct WallClock: Sendable, Hashable {
    /// Seconds that the operator's zone is ahead of UTC.
    public var utcOffset: Int

    public init(utcOffset: Int = 0) { self.utcOffset = utcOffset }

    /// `14:02` in the operator's zone.
    func minute(_ date: Date) -> String { String(time(date).prefix(5)) }

    /// When the next minute begins.
    func nextMinute(after date: Date) -> Date {
        let seconds = date.timeIntervalSince1970 + Double(utcOffset)
        return date.addingTimeInterval(60 - seconds.truncatingRemainder(dividingBy: 60))
    }

    /// `14:02:31` in the operator's zone.
    func time(_ date: Date) -> String {
        let seconds = Int((date.timeIntervalSince1970 + Double(utcOffset)).rounded(.down))
        let day = ((seconds % 86_400) + 86_400) % 86_400
        return "\(Self.two(day / 3600)):\(Self.two(day / 60 % 60)):\(Self.two(day % 60))"
    }

    /// `2026-11-21T14:02:31Z`, always in UTC.
    static func timestamp(_ date: Date) -> String {
        Date(timeIntervalSince1970: date.timeIntervalSince1970.rounded(.down)).formatted(.iso8601)
    }

    /// `00:41`, and `1:00:41` from an hour on.
    static func stopwatch(_ seconds: Double) -> String {
        let whole = max(0, Int(seconds))
        let minutes = "\(two(whole / 60 % 60)):\(two(whole % 60))"
        return whole >= 3600 ? "\(whole / 3600):\(minutes)" : minutes
    }

    /// The largest unit alone, as kubectl shows ages: `14s`, `3m`, `5h`, `2d`.
    static func age(_ seconds: Double) -> String {
        let whole = max(0, Int(min(seconds, 1e12)))
        return switch whole {
        case ..<120: "\(whole)s"
        case ..<7200: "\(whole / 60)m"
        case ..<172_800: "\(whole / 3600)h"
        default: "\(whole / 86_400)d"
        }
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
}

/// Numbers in few columns.
enum Numbers {
    /// At most five columns with a unit of a thousand: `340`, `2.1k`, `151k`, `1.2M`.
    static func compact(_ value: Double) -> String {
        guard value.isFinite, value >= 0 else { return "-" }
        var rest = value
        for unit in ["", "k", "M", "G", "T", "P"] {
            if rest < 999.5 || unit == "P" {
                if unit.isEmpty { return String(Int(rest.rounded())) }
                return (rest < 9.95 ? oneDecimal(rest) : String(Int(min(rest, 1e6).rounded()))) + unit
            }
            rest /= 1000
        }
        return "-"
    }

    static func compact(_ value: UInt64) -> String { compact(Double(value)) }

    /// Values between blanks, for scripts; a dash for none.
    static func list(_ values: [Double]) -> String {
        values.isEmpty ? "-" : values.map(oneDecimal).joined(separator: ",")
    }

    /// A rate a second: one decimal below 100, then as `compact`.
    static func rate(_ value: Double) -> String {
        guard value.isFinite, value >= 0 else { return "-" }
        return value < 99.95 ? oneDecimal(value) : compact(value)
    }

    private static func oneDecimal(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}

/// Words that follow a number.
enum Words {
    /// `1 proxy`, `7 proxies`; without a plural of its own an s is added.
    static func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
        "\(number) \(number == 1 ? one : many ?? one + "s")"
    }
}
