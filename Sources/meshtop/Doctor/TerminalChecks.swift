import Foundation
import Glibc
import MeshTUI

/// What the terminal is, as far as it can be told without drawing on it.
struct TerminalFacts: Sendable {
    var environment: [String: String]
    var isTerminal: Bool
    /// nil where there is no terminal.
    var size: Size?
    /// Whether the terminal database has TERM.
    var isKnown: Bool
    /// Options of the tmux server around it; empty outside of tmux.
    var tmux: [String: String] = [:]

    var diagnoses: [Diagnosis] {
        guard isTerminal else {
            return [.ok(.terminal, "output", "no terminal: lists and --once work, the console needs one"), locale]
        }
        return [name, colors, locale, extent] + multiplexer
    }

    private var term: String { environment["TERM"] ?? "" }

    private var name: Diagnosis {
        let remedy = "export TERM=xterm-256color suits most terminals; without a screen: meshtop --once"
        if term.isEmpty { return .fail(.terminal, "TERM", "is not set, so nobody knows how to draw", remedy: remedy) }
        if term == "dumb" {
            return .fail(.terminal, "TERM", "is dumb: a terminal that cannot place text", remedy: remedy)
        }
        if !isKnown {
            return .fail(
                .terminal, "TERM", "is \(term), which this machine's terminal database does not know",
                remedy: remedy + "; or install the entry (Debian: ncurses-term)")
        }
        return .ok(.terminal, "TERM", term)
    }

    private var colors: Diagnosis {
        if environment["NO_COLOR"]?.isEmpty == false {
            return .ok(.terminal, "colours", "none, as NO_COLOR is set; --color auto|16|256 overrides it")
        }
        if ["truecolor", "24bit"].contains(environment["COLORTERM"]) || term.hasSuffix("-direct") {
            return .ok(.terminal, "colours", "16 million")
        }
        if term.contains("256color") { return .ok(.terminal, "colours", "256") }
        let hasNone = ["vt", "dumb", "linux-m", "xterm-mono"].contains { term.hasPrefix($0) }
        return .ok(.terminal, "colours", hasNone ? "none: states are told by glyphs and words" : "16")
    }

    private var locale: Diagnosis {
        if Self.isUTF8(environment) { return .ok(.terminal, "characters", "UTF-8") }
        return .warn(
            .terminal, "characters", "the locale is not UTF-8: borders and glyphs are ASCII",
            remedy: "export LC_ALL=C.UTF-8")
    }

    /// Whether the locale is one of UTF-8.
    static func isUTF8(_ environment: [String: String]) -> Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? "C"
        return locale.lowercased().contains("utf-8") || locale.lowercased().contains("utf8")
    }

    private var extent: Diagnosis {
        guard let size, size.columns > 0, size.rows > 0 else {
            return .warn(.terminal, "size", "the terminal does not tell it", remedy: "stty cols 80 rows 24")
        }
        let text = "\(size.columns)x\(size.rows)"
        if size.columns < 20 || size.rows < 5 {
            return .warn(.terminal, "size", "\(text) is less than 20x5: little can be shown", remedy: "enlarge it")
        }
        if size.columns < 80 || size.rows < 24 {
            return .ok(.terminal, "size", "\(text); from 80x24 on there is room for several panes")
        }
        return .ok(.terminal, "size", text)
    }

    private var multiplexer: [Diagnosis] {
        if environment["TMUX"]?.isEmpty == false { return clipboard + escapeTime + terminalInTmux }
        guard environment["STY"]?.isEmpty == false else { return [] }
        return [
            .warn(
                .terminal, "screen", "GNU screen does not hand on what is copied with c and C",
                remedy: "select the text that is shown with the mouse, or use tmux")
        ]
    }

    private var clipboard: [Diagnosis] {
        switch tmux["set-clipboard"] {
        case nil: []
        case "on": [.ok(.terminal, "tmux clipboard", "set-clipboard is on")]
        case let other?:
            [
                .warn(
                    .terminal, "tmux clipboard", "set-clipboard is \(other): what is copied with c and C stays in tmux",
                    remedy: "tmux set-option -s set-clipboard on")
            ]
        }
    }

    private var escapeTime: [Diagnosis] {
        guard let time = tmux["escape-time"].flatMap(Int.init) else { return [] }
        if time <= 100 { return [.ok(.terminal, "tmux escape-time", "\(time) ms")] }
        return [
            .warn(
                .terminal, "tmux escape-time", "\(time) ms: Esc answers that late",
                remedy: "tmux set-option -s escape-time 25")
        ]
    }

    private var terminalInTmux: [Diagnosis] {
        if term.hasPrefix("tmux") || term.hasPrefix("screen") { return [] }
        return [
            .warn(
                .terminal, "tmux TERM", "TERM is \(term) inside of tmux: some attributes may be drawn wrong",
                remedy: "tmux set-option -g default-terminal tmux-256color, and unset TERM in your shell's files")
        ]
    }
}

extension TerminalFacts {
    /// The facts of the terminal that this process has.
    static func current() -> TerminalFacts {
        let environment = ProcessInfo.processInfo.environment
        var window = winsize()
        let hasSize = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0
        return TerminalFacts(
            environment: environment, isTerminal: StandardOutput.isTerminal,
            size: hasSize ? Size(columns: Int(window.ws_col), rows: Int(window.ws_row)) : nil,
            isKnown: isInDatabase(environment["TERM"] ?? "", environment: environment),
            tmux: environment["TMUX"]?.isEmpty == false ? tmuxOptions() : [:])
    }

    /// Looks where ncurses does: TERMINFO, ~/.terminfo, TERMINFO_DIRS and the system's folders, by letter or by its code.
    private static func isInDatabase(_ name: String, environment: [String: String]) -> Bool {
        guard let first = name.unicodeScalars.first, !name.contains("/") else { return false }
        let own = [environment["TERMINFO"], environment["HOME"].map { "\($0)/.terminfo" }].compactMap { $0 }
        let listed = (environment["TERMINFO_DIRS"] ?? "").split(separator: ":").map(String.init)
        let folders = own + listed + ["/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo", "/usr/lib/terminfo"]
        let letters = [String(first), String(first.value, radix: 16)]
        return folders.contains { folder in
            letters.contains { FileManager.default.fileExists(atPath: "\(folder)/\($0)/\(name)") }
        }
    }

    private static func tmuxOptions() -> [String: String] {
        var options: [String: String] = [:]
        for name in ["set-clipboard", "escape-time"] {
            let tmux = Process()
            let output = Pipe()
            tmux.executableURL = URL(filePath: "/usr/bin/env")
            tmux.arguments = ["tmux", "show-options", "-sv", name]
            tmux.standardOutput = output
            tmux.standardError = FileHandle.nullDevice
            // Without a tmux to ask, nothing is said of its options.
            guard (try? tmux.run()) != nil else { return [:] }
            let data = (try? output.fileHandleForReading.readToEnd()) ?? Data()
            tmux.waitUntilExit()
            let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            if tmux.terminationStatus == 0, !text.isEmpty { options[name] = text }
        }
        return options
    }
}
