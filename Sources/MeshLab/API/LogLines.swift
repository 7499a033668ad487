import Foundation
import MeshState

/// Cuts a log into lines, leaves out those that are too old, and writes the time before each if asked.
///
/// The lab's log files hold what the programs wrote and nothing else. A line's time is the one that it starts with, as
/// those of Envoy do; a line without one has the time of the line before it.
struct LogLineFilter {
    private let since: Date?
    private let timestamps: Bool
    private var partial: [UInt8] = []
    private var time: Date?

    init(since: Date?, timestamps: Bool) {
        self.since = since
        self.timestamps = timestamps
    }

    /// The whole lines that end in these bytes.
    mutating func filter(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var start = bytes.startIndex
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            output += line(partial + bytes[start...end])
            partial = []
            start = end + 1
        }
        partial += bytes[start...]
        return output
    }

    /// What stands after the last line break.
    mutating func rest() -> [UInt8] {
        defer { partial = [] }
        return partial.isEmpty ? [] : line(partial)
    }

    private mutating func line(_ bytes: [UInt8]) -> [UInt8] {
        time = LogLineTime.of(line: bytes) ?? time
        if let since, let time, time < since { return [] }
        guard timestamps else { return bytes }
        // Half a millisecond more, as the style cuts off what it does not show.
        let stamp = (time ?? .now).addingTimeInterval(0.0005).formatted(
            Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        return Array(stamp.utf8) + [UInt8(ascii: " ")] + bytes
    }
}

/// Times as log lines write them.
enum LogLineTime {
    /// The time at the start of a line, or in the `start_time` of a JSON line; nil where there is none.
    static func of(line: [UInt8]) -> Date? {
        let text = String(decoding: line.prefix(4096), as: UTF8.self)
        if text.hasPrefix("{") {
            guard let match = text.firstMatch(of: /"start_time":"([^"]+)"/) else { return nil }
            return Date(rfc3339: match.1)
        }
        guard let match = text.prefixMatch(of: /\[?(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?/) else { return nil }
        return Date(rfc3339: "\(match.1)T\(match.2)\(match.3 ?? "")Z")
    }
}
