import CursesTerminal
import Foundation
import MeshTUI

/// What the terminal is tested with: `terminal-probe [--thread] [--ascii] [--color auto|truecolor|256|16|never] MODE`.
///
/// It draws its size, its capabilities and the events that it gets, and prints these where standard error is no terminal;
/// q ends it. With `--thread` the terminal belongs to another thread than the main one. With the name of a failure as its
/// mode it fails in that way when x is pressed. The other modes: `wide` and `styles` (pictures), `stderr` and `flood`
/// (messages), `wake` and `deadline` (what ends a wait), `copy`, `meter`,
/// `mouse` and `background`.
@main
struct Probe {
    private let terminal: Terminal
    private let mode: String
    private let failure: Failure?
    private var log: [String] = []
    private var meter = Meter()

    static func main() {
        guard CommandLine.arguments.contains("--thread") else { return show() }
        let thread = Thread { show() }
        thread.stackSize = 8 << 20
        thread.start()
        while true { pause() }
    }

    private static func show() {
        do {
            let arguments = try Arguments(CommandLine.arguments.dropFirst())
            var probe = try Probe(terminal: Terminal(arguments.options), mode: arguments.mode)
            exit(probe.run())
        } catch {
            complain("terminal-probe: \(error)\n")
            exit(2)
        }
    }

    private init(terminal: Terminal, mode: String) {
        self.terminal = terminal
        self.mode = mode
        failure = Failure(rawValue: mode)
    }

    private mutating func run() -> Int32 {
        if mode == "stderr" { complain("kept until the end\n") }
        if mode == "mouse" { terminal.setMouse(true) }
        if mode == "background" { terminal.askBackground() }
        if mode == "flood" { for number in 0..<200_000 { complain("line \(number) of a flood\n") } }
        if mode == "wake" {
            let waker = terminal.waker
            Task.detached { waker.wake() }
        }
        while true {
            draw()
            let events = terminal.wait(until: mode == "deadline" ? .now + .milliseconds(50) : nil)
            if events.isEmpty { log.append(mode == "wake" ? "woken" : "nothing") }
            for event in events {
                if let status = handle(event) { return status }
            }
        }
    }

    /// Returns the exit status if the event ends the program.
    private mutating func handle(_ event: TerminalEvent) -> Int32? {
        log.append("\(event)")
        if isatty(STDERR_FILENO) == 0 { complain("\(event)\n") }
        switch event {
        case .key(.character("q")):
            terminal.close()
            return 0
        case .key(.control("z")): terminal.suspend()
        case .key(.control("l")): terminal.redraw()
        case .key(.character("y")) where mode == "copy": terminal.copy("copied text")
        case .key(.character("x")): failure?.happen()
        case .key(.character(let key)) where mode == "meter": meter.measure(key, on: terminal)
        case .signal(let number): end(by: number)
        case .closed: end(by: SIGHUP)
        default: break
        }
        return nil
    }

    private func end(by signal: Int32) -> Never {
        terminal.close()
        Terminal.end(by: signal)
    }

    private func draw() {
        switch mode {
        case "wide": terminal.draw(Picture.wide(terminal.size), palette: Picture.palette)
        case "styles": terminal.draw(Picture.styles(terminal.size), palette: Picture.palette)
        case "meter": terminal.draw(meter.frame(terminal.size), palette: Picture.palette)
        default:
            let head = [
                "ready \(mode)", "size \(terminal.size.columns)x\(terminal.size.rows)",
                "colors \(terminal.capabilities.colors) unicode \(terminal.capabilities.unicode)",
            ]
            terminal.draw(
                Picture.text(head + log.suffix(max(0, terminal.size.rows - head.count)), terminal.size),
                palette: Picture.palette)
        }
    }
}

private func complain(_ text: String) {
    let bytes = Array(text.utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
}

/// The command line, taken apart.
private struct Arguments {
    var options = TerminalOptions()
    var mode = "watch"

    init(_ arguments: ArraySlice<String>) throws {
        var rest = arguments
        while let argument = rest.popFirst() {
            switch argument {
            case "--ascii": options.ascii = true
            case "--thread": break
            case "--color":
                guard let choice = rest.popFirst().flatMap(ColorChoice.init) else { throw Mistake.color }
                options.color = choice
            default: mode = argument
            }
        }
    }

    enum Mistake: Error { case color }
}
