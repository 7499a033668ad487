import CursesTerminal
import MeshTUI

extension PseudoTerminal {
    /// The probe, in an environment that says nothing else.
    static func probe(_ arguments: [String], environment: [String: String] = [:]) throws -> PseudoTerminal {
        let standard = ["TERM": "xterm-256color", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"]
        return try PseudoTerminal(
            [builtProgram("terminal-probe")] + arguments, environment: standard.merging(environment) { $1 })
    }

    func shows(_ text: String) -> Bool { String(decoding: screenBytes, as: UTF8.self).contains(text) }
}

extension TmuxDriver {
    /// Runs the probe in tmux.
    static func probe<Result: Sendable>(
        _ arguments: [String], columns: Int = 100, rows: Int = 30, environment: [String: String?] = [:],
        body: (TmuxDriver) async throws -> Result
    ) async throws -> Result {
        try await run(
            [builtProgram("terminal-probe")] + arguments, columns: columns, rows: rows, environment: environment,
            body: body)
    }
}

extension Key {
    var event: TerminalEvent { .key(self) }
}
