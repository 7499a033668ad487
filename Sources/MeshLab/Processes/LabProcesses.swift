public import Foundation
import Glibc

/// The processes of a lab, found by what their environment says: also those whose supervisor is no more.
public enum LabProcesses {
    /// The variable in the environment of each of a lab's programs; its value is the lab's state folder.
    public static let marker = "MESHTOP_LAB"

    /// A process as the kernel knows it: the number alone may have been given to another one.
    public struct ID: Sendable, Hashable {
        public let pid: Int32
        /// In clock ticks since the machine started.
        public let startTime: UInt64
    }

    /// Every living process that carries the lab's mark, this one left out.
    public static func leftovers(stateDirectory: URL) throws -> [ID] {
        let mark = Array("\(marker)=\(stateDirectory.path)".utf8)
        return try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { entry in
            guard let pid = Int32(entry), pid != getpid(), let startTime = startTime(of: pid),
                // A process of another user, or one that has just ended, cannot be read and is not ours.
                let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ"),
                environment.split(separator: 0).contains(where: { $0.elementsEqual(mark) })
            else { return nil }
            return ID(pid: pid, startTime: startTime)
        }
    }

    /// Ends every process that a lab left behind, TERM first and KILL after the grace; blocks until they are gone.
    ///
    /// - Returns: how many there were.
    @discardableResult
    public static func endLeftovers(stateDirectory: URL, grace: Duration = .seconds(5)) throws -> Int {
        var ended = Set<ID>()
        let deadline = ContinuousClock.now + grace
        var signalled = Set<ID>()
        var emptyScans = 0
        while true {
            // Looked for anew each time, as a process may start another one before it ends. One that is just being
            // started shows no environment for a moment, so a single look does not prove that none is left.
            let found = try leftovers(stateDirectory: stateDirectory)
            emptyScans = found.isEmpty ? emptyScans + 1 : 0
            if emptyScans == (ended.isEmpty ? 1 : 3) { return ended.count }
            let isLate = ContinuousClock.now > deadline
            for process in found where isLate || signalled.insert(process).inserted {
                ended.insert(process)
                guard startTime(of: process.pid) == process.startTime else { continue }
                kill(process.pid, isLate ? SIGKILL : SIGTERM)
            }
            if ContinuousClock.now > deadline + .seconds(5) {
                let pids = found.map { String($0.pid) }.joined(separator: ", ")
                throw LabError("these processes of the lab do not end: \(pids)")
            }
            usleep(10_000)
        }
    }

    /// When a process started; nil if it is no more, or is dead and only waits for its parent to take note.
    static func startTime(of pid: Int32) -> UInt64? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/stat"),
            // The second field, the program's name in parentheses, may hold anything.
            let nameEnd = data.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = data[(nameEnd + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19, fields[0].first != UInt8(ascii: "Z") else { return nil }
        return UInt64(String(decoding: fields[19], as: UTF8.self))
    }
}
