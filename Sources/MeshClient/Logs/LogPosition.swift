import FoundationEssentials
import MeshState

/// Where the reading of a log has got to, so that it goes on without a gap and without telling a line twice.
///
/// The API resumes by whole seconds (`sinceTime`), and lines are not always in the order of their times: an access log
/// tells when a call began. So the reading resumes a little earlier than it stopped, and of the lines that come again
/// as many are left out as have been seen.
struct LogPosition: Sendable {
    /// Seconds before the latest line that are read again.
    static let overlap = 10

    /// The latest second of which a line was seen, since 1970.
    private var latest: Int?
    /// How often each line was seen, by second and the line's hash, in the seconds that may be read again.
    private var seen: [Int: [Int: Int]] = [:]
    /// Of these, what has not come again since the reading resumed.
    private var repeated: [Int: [Int: Int]] = [:]

    /// What to give as `sinceTime`; nil before the first line.
    var sinceTime: String? {
        latest.map { Date(timeIntervalSince1970: Double($0 - Self.overlap)).rfc3339Text }
    }

    /// The reading begins again at `sinceTime`.
    mutating func resume() { repeated = seen }

    /// Takes a line as the API gives it with `timestamps=true`.
    ///
    /// - Returns: the line without its time stamp; nil if it has been seen before.
    mutating func take(_ line: [UInt8]) -> ArraySlice<UInt8>? {
        guard let space = line.prefix(40).firstIndex(of: UInt8(ascii: " ")),
            let time = Date(rfc3339: String(decoding: line[..<space], as: UTF8.self))
        else { return line[...] }
        let text = line[(space + 1)...]
        let second = Int(time.timeIntervalSince1970.rounded(.down))
        if second > latest ?? .min {
            latest = second
            let oldest = second - Self.overlap
            seen = seen.filter { $0.key >= oldest }
            repeated = repeated.filter { $0.key >= oldest }
        }
        guard let latest, second >= latest - Self.overlap else { return text }
        let hash = line.hashValue
        if let count = repeated[second]?[hash], count > 0 {
            repeated[second]?[hash] = count - 1
            return nil
        }
        seen[second, default: [:]][hash, default: 0] += 1
        return text
    }
}
