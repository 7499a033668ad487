import Foundation
import Testing

@testable import MeshTUI

/// Compares texts with files under `Golden/`.
///
/// A frame is kept as the text of every cell and, below it, a letter for the look of every cell. `looks.txt` says what a
/// terminal of each colour level is sent for such a letter, and `ascii.txt` what stands for each character where only
/// ASCII is shown; so the frames of every level and of both character sets are determined by what is kept.
enum Golden {
    static let recordVariable = "MESHTOP_RECORD_GOLDEN"
    static let isRecording = ProcessInfo.processInfo.environment[recordVariable] != nil
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")

    static func compare(_ actual: String, with name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let file = folder.appending(path: "\(name).txt")
        if isRecording {
            try actual.write(to: file, atomically: true, encoding: .utf8)
            return
        }
        let advice =
            "If the new screen is right: \(recordVariable)=1 swift test --filter MeshTUITests, then read git diff."
        guard let data = try? Data(contentsOf: file) else {
            Issue.record("There is no golden file \(name).txt.\n\(actual)\n\(advice)", sourceLocation: sourceLocation)
            return
        }
        let expected = String(decoding: data, as: UTF8.self)
        guard expected != actual else { return }
        let lines = zip(
            expected.split(separator: "\n", omittingEmptySubsequences: false),
            actual.split(separator: "\n", omittingEmptySubsequences: false))
        let first = lines.enumerated().first { $1.0 != $1.1 }
        let place =
            first.map { "First in line \($0.offset + 1):\n-\($0.element.0)\n+\($0.element.1)" } ?? "One is longer."
        Issue.record(
            "It differs from \(name).txt. \(place)\nAll of it now:\n\(actual)\n\(advice)", sourceLocation: sourceLocation)
    }

    /// The screen as lines of text, blanks at their ends cut, then the same cells as letters.
    static func text(_ frame: Frame) -> String {
        (["=== \(frame.size.columns)x\(frame.size.rows)"] + lines(frame, \.text) + ["=== looks"] + lines(frame, look)
            + cursor(frame)).map { "\($0)\n" }.joined()
    }

    /// The same, to be kept: lines that repeat are told once, and so are looks with the number of their cells.
    static func keptText(_ frame: Frame) -> String {
        (["=== \(frame.size.columns)x\(frame.size.rows)"] + folded(lines(frame, \.text)) + ["=== looks"]
            + folded(lines(frame, look).map(runs)) + cursor(frame)).map { "\($0)\n" }.joined()
    }

    static func lines(_ frame: Frame, _ letter: (Cell) -> String) -> [String] {
        (0..<frame.size.rows).map { row in
            var line = (0..<frame.size.columns).map { letter(frame[$0, row]) }.joined()
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    private static func cursor(_ frame: Frame) -> [String] {
        frame.cursor.map { ["cursor \($0.column),\($0.row)"] } ?? []
    }

    private static func folded(_ lines: [String]) -> [String] {
        var result: [String] = []
        var index = 0
        while index < lines.count {
            let count = lines[index...].prefix { $0 == lines[index] }.count
            result.append(lines[index])
            if count > 3 {
                result.append("⋮ \(count - 1) more of it")
            } else {
                result += Array(repeating: lines[index], count: count - 1)
            }
            index += count
        }
        return result
    }

    /// `b98t` for 98 of a letter and one of another.
    private static func runs(_ line: String) -> String {
        var result = ""
        var rest = line[...]
        while let letter = rest.first {
            let count = rest.prefix { $0 == letter }.count
            result += count > 3 ? "\(letter)\(count)" : String(repeating: letter, count: count)
            rest = rest.dropFirst(count)
        }
        return result
    }

    // MARK: Looks

    /// The letters of roles; upper case where the cell is bold besides.
    private static let letters: [Role: String] = [
        .text: ".", .dim: "d", .title: "t", .border: "b", .borderFocus: "f", .selection: "s", .mark: "a", .header: "h",
        .ok: "o", .warn: "w", .error: "e", .blocked: "x", .pending: "p", .stale: "l", .added: "i", .removed: "r",
        .match: "m", .key: "k", .badge: "g", .prompt: "q",
    ]

    /// Those of other cells.
    private static let signs: [Look: String] = [
        Look(.selection, .reverse): "#", Look(.selection, [.reverse, .bold]): "@",
        Look(.selection, [.reverse, .underline]): "&", Look(.selection, [.reverse, .bold, .underline]): "^",
        Look(.badge, .reverse): "%", Look(.match, .reverse): "$", Look(.text, .underline): "_",
        Look(.dim, .underline): "-", Look(.error, .underline): "!", Look(.warn, .underline): "?",
        Look(.ok, .underline): "+", Look(.prompt, .underline): "=",
    ]

    /// Every look that a cell may have, with its letter.
    static let looks: [(letter: String, look: Look)] =
        Role.allCases.flatMap { role -> [(letter: String, look: Look)] in
            let letter = letters[role] ?? ""
            return [(letter, Look(role)), (letter == "." ? ":" : letter.uppercased(), Look(role, .bold))]
        } + signs.map { ($0.value, $0.key) }.sorted { $0.0 < $1.0 }

    private static let lettersOfLooks = Dictionary(uniqueKeysWithValues: looks.map { ($0.look, $0.letter) })

    static let unknown = "\u{FFFD}"

    private static func look(_ cell: Cell) -> String {
        if cell.text.isEmpty { return "" }
        if cell.text == " ", cell.role == .text, cell.emphasis.isEmpty { return " " }
        return lettersOfLooks[Look(cell.role, cell.emphasis)] ?? unknown
    }
}
