import CTerminal
import FoundationEssentials
import Glibc
public import MeshTUI

/// The terminal of this process: draws frames and yields what the user and the system do.
///
/// It is not Sendable: the thread that opens it owns curses until `close`. Others reach that thread by the `waker`. While
/// it is open, standard error is kept back if it is the terminal; it is printed when the screen is left, whichever way.
///
///     let terminal = try Terminal(options)
///     loop: while true {
///         for event in terminal.wait(until: deadline) { … }
///         // take from the inbox what tasks have put there before they called waker.wake()
///         terminal.draw(frame, palette: palette)
///     }
///     terminal.close()
public final class Terminal {
    public let capabilities: Capabilities
    public private(set) var size: Size
    public let waker: TerminalWaker

    private let colors: Int
    private var looks: LookTable?
    private var isOpen = true
    /// The terminal is gone; there is nothing to be read from it any more.
    private var isGone = false
    /// Reported by the next `wait` before it waits.
    private var pending: [TerminalEvent] = []

    /// Enters the screen. Afterwards every key arrives as an event, Ctrl-C, Ctrl-S, Ctrl-Q and Ctrl-Z among them.
    public init(_ options: TerminalOptions = TerminalOptions()) throws(TerminalError) {
        let isUTF8 = mt_use_locale()
        waker = try TerminalWaker()
        try Self.start(
            color: options.wantsColor(noColor: Self.variable("NO_COLOR")),
            direct: options.directColor(colorTerm: Self.variable("COLORTERM"), name: Self.variable("TERM") ?? ""))
        colors = Int(mt_colors())
        capabilities = options.capabilities(colors: colors, isUTF8: isUTF8)
        size = Self.currentSize
    }

    deinit { close() }

    private static func start(color: Bool, direct: mt_direct) throws(TerminalError) {
        let name = variable("TERM") ?? ""
        switch mt_start(color, direct) {
        case MT_STARTED: return
        case MT_NOT_A_TERMINAL: throw .notATerminal
        case MT_UNKNOWN_TERMINAL: throw name.isEmpty ? .terminalNotNamed : .terminalNotKnown(name)
        case MT_NO_CURSOR_ADDRESSING: throw .terminalTooSimple(name)
        case MT_ALREADY_STARTED: throw .alreadyOpen
        default: throw .system(String(cString: strerror(errno)))
        }
    }

    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    private static var currentSize: Size { Size(columns: Int(mt_columns()), rows: Int(mt_rows())) }

    /// Leaves the screen; what was written to standard error meanwhile is printed now. A second call does nothing.
    public func close() {
        guard isOpen else { return }
        isOpen = false
        mt_stop()
    }

    /// Ends the process by the signal that asked for it, once the terminal is closed: its parent sees 128 + number.
    public static func end(by signal: Int32) -> Never { mt_die(signal) }

    // MARK: - Drawing

    /// Shows a frame; what has not changed since the last one is not sent again. A frame of another size than the
    /// terminal's is cut, or filled up with blanks. `level` draws with fewer colours than the terminal has.
    public func draw(_ frame: Frame, palette: Palette, level: ColorLevel = .trueColor) {
        guard isOpen, !isGone else { return }
        let level = min(level, capabilities.colors)
        if looks?.isFor(palette, level) != true {
            looks = LookTable(palette: palette, level: level, colors: colors)
        }
        mt_erase()
        for row in 0..<min(frame.size.rows, size.rows) { drawRow(row, of: frame) }
        if let cursor = frame.cursor, cursor.row < size.rows, cursor.column < size.columns {
            mt_cursor(Int32(cursor.row), Int32(cursor.column), true)
        } else {
            mt_cursor(Int32(max(0, size.rows - 1)), 0, false)
        }
        mt_refresh()
    }

    private func drawRow(_ row: Int, of frame: Frame) {
        let width = min(frame.size.columns, size.columns)
        let start = row * frame.size.columns
        var last = Cell.blank
        var look = look(of: last)
        for column in 0..<width {
            let cell = frame.cells[start + column]
            // The second half of a wide character was drawn with its first.
            if cell.text.isEmpty { continue }
            if cell.role != last.role || cell.emphasis != last.emphasis {
                look = self.look(of: cell)
                last = cell
            }
            // The screen was erased before.
            if cell.text == " ", look == .plain { continue }
            let isWide = column + 1 < frame.size.columns && frame.cells[start + column + 1].text.isEmpty
            put(cell.text, row, column, isWide: isWide, look)
        }
    }

    private func look(of cell: Cell) -> CellLook {
        looks?.look(cell.role, cell.emphasis, pairOf: mt_color_pair) ?? .plain
    }

    private func put(_ text: String, _ row: Int, _ column: Int, isWide: Bool, _ look: CellLook) {
        var scalars: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
        var count = 0
        withUnsafeMutableBytes(of: &scalars) { bytes in
            let buffer = bytes.bindMemory(to: UInt32.self)
            for scalar in text.unicodeScalars {
                guard count < buffer.count else { break }
                buffer[count] = scalar.value
                count += 1
            }
            mt_put(
                Int32(row), Int32(column), buffer.baseAddress, count, isWide ? 2 : 1, look.attributes, look.pair)
        }
    }

    /// Makes the next `draw` send every cell, for when something else has written to the terminal.
    public func redraw() {
        guard isOpen else { return }
        mt_redraw()
    }

    /// Puts text into the clipboard of the user's own machine by OSC 52, through SSH, tmux and screen alike. There is no
    /// answer: a terminal that does not allow it stays silent.
    public func copy(_ text: String) {
        guard isOpen, !isGone else { return }
        let sequence = ClipboardSequence.make(
            text, isInTmux: Self.variable("TMUX") != nil, isInScreen: Self.variable("STY") != nil)
        mt_write(sequence, sequence.utf8.count)
    }

    /// Has the terminal report clicks and the wheel; the terminal's own selection of text then needs Shift.
    public func setMouse(_ on: Bool) {
        guard isOpen, !isGone else { return }
        mt_mouse(on)
    }

    /// Asks the terminal for the colour of its background; the answer, if there is one, is an event. A terminal that would
    /// show the question is not asked.
    public func askBackground() {
        guard isOpen, !isGone, TerminalOptions.tellsBackground(name: Self.variable("TERM") ?? "") else { return }
        mt_ask_background()
    }

    /// Gives the terminal to the shell and stops the process and its group, as Ctrl-Z does; returns when the user brings
    /// it back. The next `wait` reports a resize, so that the screen is drawn again.
    public func suspend() { suspend(group: true) }

    /// Leaves the screen to another program, found by PATH, until that has ended. The next `wait` reports a resize, so
    /// that the screen is drawn again.
    ///
    /// - Returns: its exit status; 128 + number where a signal ended it.
    /// - Throws: `TerminalError.system` where it cannot be started.
    public func run(_ arguments: [String]) throws(TerminalError) -> Int32 {
        var copies = arguments.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        copies.append(nil)
        let status = mt_run(copies)
        let error = errno
        size = Self.currentSize
        pending.append(.resize(size))
        guard status >= 0 else { throw .system(String(cString: strerror(error))) }
        return status
    }

    private func suspend(group: Bool) {
        guard isOpen else { return }
        mt_suspend(group)
        size = Self.currentSize
        pending.append(.resize(size))
    }

    // MARK: - Events

    /// Waits for keys, signals, a change of size or the waker, and returns what has happened, in order; nothing if it was
    /// woken or if the deadline has passed. Without a deadline it waits as long as it takes.
    public func wait(until deadline: ContinuousClock.Instant? = nil) -> [TerminalEvent] {
        guard isOpen else { return [] }
        while pending.isEmpty {
            var descriptors = [
                pollfd(fd: isGone ? -1 : STDIN_FILENO, events: Int16(POLLIN), revents: 0),
                pollfd(fd: mt_signal_descriptor(), events: Int16(POLLIN), revents: 0),
                pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            let count = poll(&descriptors, nfds_t(descriptors.count), Self.milliseconds(until: deadline))
            if count == 0 { break }
            // A signal interrupts the wait and is then found in its pipe; nothing else can go wrong but want of memory.
            if count < 0 { continue }
            let (input, signals, wakes) = (descriptors[0].revents, descriptors[1].revents, descriptors[2].revents)
            if signals != 0 { takeSignals() }
            if input != 0 { readKeys(hasHungUp: input & Int16(POLLHUP | POLLERR | POLLNVAL) != 0) }
            if wakes != 0 {
                waker.clear()
                break
            }
        }
        defer { pending = [] }
        return pending
    }

    /// What poll takes: rounded up, so that the deadline has passed when the time is over; -1 without a deadline.
    private static func milliseconds(until deadline: ContinuousClock.Instant?) -> Int32 {
        guard let deadline else { return -1 }
        let left = deadline - .now
        guard left > .zero else { return 0 }
        let rounded = (left + .nanoseconds(999_999)) / .milliseconds(1)
        return Int32(min(rounded, Double(Int32.max)))
    }

    private func takeSignals() {
        var hasResized = false
        while case let number = mt_next_signal(), number != 0 {
            switch number {
            case SIGWINCH:
                mt_update_size()
                hasResized = true
            case SIGCONT:
                mt_resume()
                hasResized = true
            case SIGTSTP: suspend(group: false)
            default: pending.append(.signal(number))
            }
        }
        // Any number of changes counts as one, to the last size.
        if hasResized {
            size = Self.currentSize
            pending.append(.resize(size))
        }
    }

    private func readKeys(hasHungUp: Bool) {
        var hasRead = false
        while case let input = mt_read_key(), input.kind != MT_INPUT_NONE {
            hasRead = true
            if let key = decodeKey(input) { pending.append(.key(key)) }
            if let mouse = decodeMouse(input) { pending.append(.mouse(mouse)) }
            if let isLight = decodeBackground(input) { pending.append(.background(isLight: isLight)) }
        }
        // Readable with nothing to read is the end of the input.
        if hasHungUp || !hasRead {
            isGone = true
            pending.append(.closed)
        }
    }
}
