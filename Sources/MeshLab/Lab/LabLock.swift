import Foundation
import Glibc

/// Sees to it that one lab process alone works in a state folder: a lock that the kernel drops with the process.
final class LabLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock; nil where another process has it.
    init?(stateDirectory: URL) throws {
        let descriptor = try Self.open(stateDirectory)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    static func isHeld(stateDirectory: URL) throws -> Bool {
        guard FileManager.default.fileExists(atPath: stateDirectory.path) else { return false }
        let descriptor = try open(stateDirectory)
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0
    }

    private static func open(_ stateDirectory: URL) throws -> Int32 {
        let path = stateDirectory.appending(path: "lab.lock").path
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw LabError("cannot open \(path): \(String(cString: strerror(errno)))") }
        return descriptor
    }
}
