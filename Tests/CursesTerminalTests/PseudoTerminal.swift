import Glibc

/// A program on a pseudo-terminal whose other end the test holds, for what depends on single bytes. The program's
/// standard error is a pipe.
final class PseudoTerminal {
    private(set) var screenBytes: [UInt8] = []
    private(set) var errorBytes: [UInt8] = []
    private var terminal: Int32
    private var errors: Int32 = -1
    private var process: pid_t = 0
    private let path: String
    /// POSIX_SPAWN_SETSID, which Glibc's module leaves out.
    private static let newSession: Int16 = 0x80

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    init(_ command: [String], columns: Int = 120, rows: Int = 40, environment: [String: String]) throws {
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        var programSide: Int32 = -1
        terminal = -1
        guard openpty(&terminal, &programSide, nil, nil, &size) == 0 else { throw Failure(description: "no pty") }
        // ttyname's own buffer is shared by all threads, and tests run side by side.
        var name = [CChar](repeating: 0, count: 128)
        let isNamed = ttyname_r(programSide, &name, name.count) == 0
        path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        close(programSide)
        guard isNamed else { throw Failure(description: "the pty has no name") }
        // Tests start programs at the same time; none may hold another's terminal open.
        _ = fcntl(terminal, F_SETFD, FD_CLOEXEC)
        try spawn(command, environment)
        for descriptor in [terminal, errors] { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
    }

    deinit {
        if process > 0 {
            kill(process, SIGKILL)
            var status: Int32 = 0
            waitpid(process, &status, 0)
        }
        close(terminal)
        close(errors)
    }

    private func spawn(_ command: [String], _ environment: [String: String]) throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Failure(description: "no pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        errors = ends[0]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Opened in the new session, the terminal becomes the one that controls it.
        posix_spawn_file_actions_addopen(&actions, 0, path, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var nothing = sigset_t()
        sigemptyset(&nothing)
        posix_spawnattr_setsigmask(&attributes, &nothing)
        posix_spawnattr_setflags(&attributes, Self.newSession | Int16(POSIX_SPAWN_SETSIGMASK))
        var arguments = command.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        let result = posix_spawn(&process, command[0], &actions, &attributes, &arguments, &variables)
        close(ends[1])
        guard result == 0 else { throw Failure(description: "\(command[0]): \(String(cString: strerror(result)))") }
    }

    /// Presses keys: bytes as a terminal sends them.
    func send(_ bytes: [UInt8]) { _ = write(terminal, bytes, bytes.count) }

    /// Sends a signal to the program.
    func send(signal: Int32) { kill(process, signal) }

    func send(_ text: String) { send(Array(text.utf8)) }

    /// Forgets what the program has sent to the screen so far.
    func clear() { screenBytes = [] }

    /// The lines that the program has printed to its standard error.
    var errorLines: [String] { String(decoding: errorBytes, as: UTF8.self).split(separator: "\n").map(String.init) }

    /// Waits until a condition holds.
    func expect(_ what: String, until holds: () throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            readAvailable()
            if try holds() { return }
            guard ContinuousClock.now < deadline else {
                throw Failure(
                    description: "waited for \(what); errors: \(errorLines); screen: "
                        + "\(String(decoding: screenBytes, as: UTF8.self).debugDescription)")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private func readAvailable() {
        func drain(_ descriptor: Int32, into bytes: inout [UInt8]) {
            var buffer = [UInt8](repeating: 0, count: 65536)
            while case let count = read(descriptor, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
        }
        drain(terminal, into: &screenBytes)
        drain(errors, into: &errorBytes)
    }

    /// Bytes that were sent and that the program has not read yet.
    func unreadInput() throws -> Int {
        let descriptor = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(description: "\(path) does not open") }
        defer { close(descriptor) }
        var count: Int32 = 0
        guard ioctl(descriptor, UInt(FIONREAD), &count) == 0 else { throw Failure(description: "no count of input") }
        return Int(count)
    }

    /// Closes the terminal under the program.
    func hangUp() {
        close(terminal)
        terminal = -1
    }

    /// Sends a signal again and again until the program ends, and takes nothing that it writes meanwhile.
    func endUnread(by number: Int32) async throws -> Int32 {
        let deadline = ContinuousClock.now + .seconds(30)
        var status: Int32 = 0
        while waitpid(process, &status, WNOHANG) == 0 {
            guard ContinuousClock.now < deadline else { throw Failure(description: "signal \(number) ended nothing") }
            kill(process, number)
            try await Task.sleep(for: .milliseconds(100))
        }
        process = 0
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }

    /// Waits for the program's end; 128 + number if it was by a signal.
    func exitStatus() async throws -> Int32 {
        var status: Int32 = 0
        try await expect("the end") { waitpid(process, &status, WNOHANG) == process }
        process = 0
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }
}
