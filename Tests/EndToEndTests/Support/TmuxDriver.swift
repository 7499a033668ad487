import Foundation

/// Drives a full-screen program in a terminal of its own, as a person would: press, type, look, wait until the screen
/// shows something.
///
///     try await TmuxDriver.run([program, "demo"], columns: 80, rows: 24) { t in
///         try await t.expect("mysql.example.com")
///         try await t.press("a")
///         try await t.expect("the dialog") { $0.line(containing: "Apply") != nil }
///         try await t.press("q")
///         #expect(try await t.exitStatus() == 0)
///     }
///
/// Each driver has its own tmux server and folder, so that any number runs at the same time. Nothing waits for a fixed
/// time: an expectation looks at the screen until it holds or its deadline has passed, and its failure shows the screen.
struct TmuxDriver: Sendable {
    /// For the program's files as well: it is made for this driver and removed with it.
    let folder: URL
    private let socket: String

    /// The environment of every program unless the test says otherwise; nil removes a variable.
    static let environment: [String: String?] = [
        "TERM": "tmux-256color", "LANG": "C.UTF-8", "LC_ALL": nil, "LC_CTYPE": nil, "NO_COLOR": nil, "ESCDELAY": nil,
        "COLUMNS": nil, "LINES": nil, "TMUX": nil,
    ]

    /// How long an expectation waits at most; generous, as tests share their machine.
    static let patience = Duration.seconds(30)

    // MARK: - Start and end

    /// Starts a program on a screen of this size, hands the driver to `body` and ends what is left of both.
    static func run<Result: Sendable>(
        _ command: [String], columns: Int = 120, rows: Int = 40, environment changes: [String: String?] = [:],
        body: (TmuxDriver) async throws -> Result
    ) async throws -> Result {
        let driver = try TmuxDriver()
        do {
            try await driver.start(command, columns, rows, Self.environment.merging(changes) { $1 })
            let result = try await body(driver)
            try await driver.end()
            return result
        } catch {
            try? await driver.end()
            throw error
        }
    }

    private init() throws {
        // Several test targets run in one process, each with a driver of its own.
        let name = "meshtop-test-\(UInt64.random(in: 0 ... .max))"
        folder = FileManager.default.temporaryDirectory.appending(path: name)
        socket = folder.appending(path: "tmux").path
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func start(_ command: [String], _ columns: Int, _ rows: Int, _ environment: [String: String?]) async throws
    {
        // The inner shell becomes the program and leaves its number; the outer one outlives it, tells how it ended and
        // in which modes it left the terminal, and keeps the terminal open so that one can look at it.
        let script = """
            folder=$1; shift
            trap : HUP
            sh -c 'echo $$ >"$0/pid.new"; mv "$0/pid.new" "$0/pid"; exec "$@"' "$folder" "$@"
            status=$?
            stty -a >"$folder/modes" 2>/dev/null && has_terminal=yes
            echo $status >"$folder/status.new"; mv "$folder/status.new" "$folder/status"
            [ "$has_terminal" ] && exec sleep 300
            """
        let removed = environment.filter { $0.value == nil }.map { "--unset=\($0.key)" }
        let set = environment.compactMap { name, value in value.map { "\(name)=\($0)" } }
        try await tmux(
            [
                "new-session", "-d", "-x", String(columns), "-y", String(rows), "sh", "-c", script, "sh", folder.path,
                "env",
            ]
                + removed.sorted() + set.sorted() + command)
    }

    private func end() async throws {
        if (try? exitedStatus()) == nil, let process = try? processIdentifier() { kill(process, SIGKILL) }
        // It fails when the server has ended already.
        _ = try await Command.tmux(socket, ["kill-server"])
        try await removeFolder()
    }

    /// The server and the shell, which are ending, may remove or write a file of theirs meanwhile; then once more.
    private func removeFolder() async throws {
        let deadline = ContinuousClock.now + .seconds(5)
        while FileManager.default.fileExists(atPath: folder.path) {
            do {
                try FileManager.default.removeItem(at: folder)
            } catch {
                guard ContinuousClock.now < deadline else { throw error }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    // MARK: - Acting

    /// Presses keys by tmux's names: `a`, `Enter`, `Escape`, `Up`, `C-l`, `F1`, `BTab`, `M-x`.
    func press(_ keys: String...) async throws { try await tmux(["send-keys", "--"] + keys) }

    /// Types text as it is.
    func type(_ text: String) async throws { try await tmux(["send-keys", "-l", "--", text]) }

    /// Gives the terminal another size.
    func resize(columns: Int, rows: Int) async throws {
        try await tmux(["resize-window", "-x", String(columns), "-y", String(rows)])
    }

    /// Sends a signal to the program.
    func send(signal: Int32) throws {
        guard kill(try processIdentifier(), signal) == 0 else {
            throw CommandFailure(description: "signal \(signal): \(String(cString: strerror(errno)))")
        }
    }

    /// Closes the window under the program, as a terminal does that is closed and a connection that drops.
    func closeWindow() async throws { try await tmux(["kill-server"]) }

    // MARK: - Looking

    /// What the terminal shows now.
    func screen() async throws -> Screen {
        let printed = try await tmux([
            "display-message", "-p", "#{cursor_x} #{cursor_y} #{cursor_flag} #{alternate_on}", ";", "capture-pane",
            "-e", "-p",
        ])
        let parts = printed.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = parts[0].split(separator: " ").compactMap { Int($0) }
        guard parts.count == 2, numbers.count == 4 else {
            throw CommandFailure(description: "tmux printed no screen: \(printed)")
        }
        return Screen(
            lines: Screen.lines(captured: String(parts[1].hasSuffix("\n") ? parts[1].dropLast() : parts[1])),
            cursor: (numbers[0], numbers[1]), isCursorShown: numbers[2] == 1, isAlternate: numbers[3] == 1)
    }

    /// Waits until the screen shows a text.
    @discardableResult
    func expect(_ text: String, within limit: Duration = patience, file: String = #fileID, line: Int = #line)
        async throws
        -> Screen
    {
        try await expect("the text \"\(text)\"", within: limit, file: file, line: line) { $0.contains(text) }
    }

    /// Waits until the screen no longer shows a text.
    @discardableResult
    func expectNo(_ text: String, within limit: Duration = patience, file: String = #fileID, line: Int = #line)
        async throws
        -> Screen
    {
        try await expect("no text \"\(text)\"", within: limit, file: file, line: line) { !$0.contains(text) }
    }

    /// Waits until a condition on the screen holds; `what` names it in the message of a failure.
    @discardableResult
    func expect(
        _ what: String, within limit: Duration = patience, file: String = #fileID, line: Int = #line,
        until holds: (Screen) throws -> Bool
    ) async throws -> Screen {
        let deadline = ContinuousClock.now + limit
        while true {
            // A program that had ended before the look will not change the screen any more.
            let status = try exitedStatus()
            let screen = try await screen()
            if try holds(screen) { return screen }
            guard status == nil, ContinuousClock.now < deadline else {
                let reason = status.map { "the program ended with status \($0)" } ?? "\(limit) have passed"
                throw CommandFailure(
                    description: "\(file):\(line): waited for \(what), but \(reason); the screen shows\n\(screen)")
            }
            try await Task.sleep(for: .milliseconds(40))
        }
    }

    // MARK: - The end of the program

    /// Waits until the program ends; 128 + number if it was by a signal.
    func exitStatus(within limit: Duration = patience, file: String = #fileID, line: Int = #line) async throws -> Int32
    {
        let deadline = ContinuousClock.now + limit
        while true {
            if let status = try exitedStatus() { return status }
            guard ContinuousClock.now < deadline else {
                let shown = (try? await screen().description) ?? "(no screen any more)"
                throw CommandFailure(
                    description: "\(file):\(line): waited \(limit) for the program to end; the screen shows\n\(shown)")
            }
            try await Task.sleep(for: .milliseconds(40))
        }
    }

    /// The terminal's modes when the program had ended, as `stty` names them: `icanon`, `-echo`.
    func modesAfterwards() throws -> Set<String> {
        let text = try String(contentsOf: folder.appending(path: "modes"), encoding: .utf8)
        return Set(text.split { $0.isWhitespace || $0 == ";" }.map(String.init))
    }

    /// The process of the program.
    func processIdentifier() throws -> pid_t {
        let text = try String(contentsOf: folder.appending(path: "pid"), encoding: .utf8)
        guard let number = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw CommandFailure(description: "no process number: \(text)")
        }
        return number
    }

    private func exitedStatus() throws -> Int32? {
        let file = folder.appending(path: "status")
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        return Int32(try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines))
    }

    // MARK: - tmux

    @discardableResult
    private func tmux(_ arguments: [String]) async throws -> String {
        let result = try await Command.tmux(socket, arguments)
        guard result.status == 0 else {
            throw CommandFailure(description: "tmux \(arguments.joined(separator: " ")): \(result)")
        }
        return result.output
    }
}

private enum Command {
    /// tmux with a server of its own and nobody's configuration.
    static func tmux(_ socket: String, _ arguments: [String]) async throws -> CommandResult {
        // -u: the text goes through as UTF-8, whatever the locale of the test.
        try await run("tmux", ["-u", "-S", socket, "-f", "/dev/null"] + arguments)
    }
}
