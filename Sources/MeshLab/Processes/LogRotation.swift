import Foundation
import Glibc

/// Keeps a log that a running program appends to from growing without end.
enum LogRotation {
    /// A log longer than this is rotated.
    static let defaultLimit = 8 * 1024 * 1024

    /// Copies a log that has passed the limit to `FILE.1` and empties it in place, as its writer keeps it open.
    ///
    /// The writer must append (`O_APPEND`). What it writes between copy and emptying is lost.
    /// - Returns: whether there was anything to do.
    @discardableResult
    static func rotate(_ file: URL, limit: Int = defaultLimit) throws -> Bool {
        let files = FileManager.default
        guard files.fileExists(atPath: file.path),
            let size = try files.attributesOfItem(atPath: file.path)[.size] as? Int, size > limit
        else { return false }
        let old = file.appendingPathExtension("1")
        try Data(contentsOf: file, options: .alwaysMapped).write(to: old)
        guard truncate(file.path, 0) == 0 else {
            throw LabError("cannot empty \(file.path): \(String(cString: strerror(errno)))")
        }
        return true
    }
}
