import Foundation
import Testing

@testable import MeshTUI

/// Compares frames with files under `Golden/`: the text of every cell, and below it a letter for how each cell looks.
enum Golden {
    static let recordVariable = "MESHTOP_RECORD_GOLDEN"

    static func check(
        _ model: AppModel, _ name: String, unicode: Bool = true, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let frame = render(model, size: model.size, capabilities: Capabilities(colors: .trueColor, unicode: unicode))
        let actual = text(frame)
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name).txt")
        if ProcessInfo.processInfo.environment[recordVariable] != nil {
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
            "The screen differs from \(name).txt. \(place)\nThe whole screen now:\n\(actual)\n\(advice)",
            sourceLocation: sourceLocation)
    }

    /// The screen as lines of text, blanks at their ends cut, then the same cells as letters.
    static func text(_ frame: Frame) -> String {
        func grid(_ letter: (Cell) -> String) -> String {
            (0..<frame.size.rows).map { row in
                var line = (0..<frame.size.columns).map { letter(frame[$0, row]) }.joined()
                while line.last == " " { line.removeLast() }
                return line + "\n"
            }.joined()
        }
        let cursor = frame.cursor.map { "cursor \($0.column),\($0.row)\n" } ?? ""
        let edge = "=== \(frame.size.columns)x\(frame.size.rows)\n"
        return edge + grid(\.text) + "=== looks\n" + grid(look) + cursor
    }

    /// Role as a letter, upper case where it is bold; reverse cells of any role, and underlined ones, have signs.
    private static func look(_ cell: Cell) -> String {
        if cell.text.isEmpty { return "" }
        if cell.emphasis.contains(.reverse) { return cell.role == .selection ? "#" : cell.role == .badge ? "%" : "@" }
        if cell.emphasis.contains(.underline) { return "_" }
        if cell.text == " ", cell.role == .text { return " " }
        let letters: [Role: String] = [
            .text: ".", .dim: "d", .title: "t", .border: "b", .borderFocus: "f", .selection: "s", .mark: "a",
            .header: "h",
            .ok: "o", .warn: "w", .error: "e", .blocked: "x", .pending: "p", .stale: "l", .added: "i", .removed: "r",
            .match: "m", .key: "k", .badge: "g", .prompt: "q",
        ]
        let letter = letters[cell.role] ?? "?"
        if !cell.emphasis.contains(.bold) { return letter }
        return letter == "." ? ":" : letter.uppercased()
    }
}
