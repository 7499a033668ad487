import CTerminal
import Glibc

/// Ends a `Terminal.wait` from any thread or task; what there is to do lies elsewhere, in the caller's own inbox.
public final class TerminalWaker: Sendable {
    /// Readable after `wake`.
    let descriptor: Int32
    private let writer: Int32

    init() throws(TerminalError) {
        var ends: [Int32] = [-1, -1]
        guard mt_pipe(&ends) else { throw .system(String(cString: strerror(errno))) }
        descriptor = ends[0]
        writer = ends[1]
    }

    deinit {
        close(descriptor)
        close(writer)
    }

    /// Makes the present or the next `wait` return; several calls before that count as one.
    public func wake() {
        var byte: UInt8 = 1
        // It fails only when the pipe is full, and then it wakes already.
        _ = write(writer, &byte, 1)
    }

    /// Makes the next wait wait again.
    func clear() {
        var bytes = [UInt8](repeating: 0, count: 256)
        while read(descriptor, &bytes, bytes.count) == bytes.count {}
    }
}
