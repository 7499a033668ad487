import CursesTerminal
import Glibc
import MeshTUI

/// Draws many frames and says how long one took, in a mark that ends what they sent.
struct Meter {
    static let draws = 100
    private var tick = 0

    func frame(_ size: Size) -> Frame { Picture.tables(size, tick: tick) }

    /// u: the same frame again and again; b: busy frames, in each of which some 60 numbers are others.
    mutating func measure(_ key: Character, on terminal: Terminal) {
        guard key == "u" || key == "b" else { return }
        let frames = (1...Self.draws).map { Picture.tables(terminal.size, tick: key == "b" ? tick + $0 : tick) }
        let start = ContinuousClock.now
        for frame in frames { terminal.draw(frame, palette: Picture.palette) }
        let microseconds = Int((ContinuousClock.now - start) / .microseconds(1)) / Self.draws
        if key == "b" { tick += Self.draws }
        let mark = Array("\u{2}\(microseconds)\u{3}".utf8)
        _ = write(STDOUT_FILENO, mark, mark.count)
    }
}
