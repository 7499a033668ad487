import Testing

@testable import MeshTUI

@Suite struct WidthTests {
    @Test(arguments: [
        ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("한국", 4), ("👍", 2), ("👩‍👩‍👧", 8), ("ﾊ", 1), ("…→●", 3),
        ("\u{1F1E9}\u{1F1EA}", 2), ("a\u{200D}b", 3), ("\u{1B}[m", 3), ("한", 2),
    ])
    func columns(_ text: String, _ expected: Int) {
        #expect(text.columns == expected)
    }

    @Test(arguments: [
        ("mysql.example.com", 17, "mysql.example.com"), ("mysql.example.com", 12, "mysql…le.com"),
        ("mysql.example.com", 2, "…m"),
        ("mysql.example.com", 1, "…"), ("mysql.example.com", 0, ""), ("日本日本日本", 7, "日…本"),
    ])
    func middle(_ text: String, _ limit: Int, _ expected: String) {
        let cut = text.truncated(to: limit, .middle)
        #expect(cut == expected)
        #expect(cut.columns <= limit)
    }

    @Test(arguments: [
        ("one two three", 7, ["one two", "three"]), ("abcdefgh", 3, ["abc", "def", "gh"]), ("", 5, [""]),
        ("a\nb", 5, ["a", "b"]),
    ])
    func wrapped(_ text: String, _ width: Int, _ expected: [String]) {
        #expect(text.wrapped(to: width) == expected)
    }

    @Test func wideCharactersTakeTwoCells() {
        var canvas = Canvas(size: Size(columns: 5, rows: 1), unicode: true)
        #expect(canvas.put("a日e\u{301}本", column: 0, row: 0) == 5)
        #expect(canvas.frame.cells.map(\.text) == ["a", "日", "", "e\u{301}", " "])
        canvas.put("x", column: 2, row: 0)
        #expect(canvas.frame.cells.map(\.text) == ["a", " ", "x", "e\u{301}", " "])
        canvas.put("日", column: 0, row: 0)
        canvas.put("y", column: 0, row: 0)
        #expect(canvas.frame.cells.map(\.text) == ["y", " ", "x", "e\u{301}", " "])
    }

    @Test func nothingOutsideOfTheFrameIsWritten() {
        var canvas = Canvas(size: Size(columns: 4, rows: 2), unicode: true)
        canvas.put("abcdef", column: -2, row: 0)
        canvas.put("x", column: 0, row: 2)
        canvas.put("x", column: 0, row: -1)
        canvas.put("yz", column: 3, row: 1)
        canvas.put("日", column: -1, row: 1)
        #expect(canvas.frame.cells.map(\.text).joined() == "cdef   y")
    }

    @Test func controlCharactersNeverReachACell() {
        var canvas = Canvas(size: Size(columns: 8, rows: 1), unicode: true)
        canvas.put("\u{1B}[2J\u{9B}\u{202E}\n", column: 0, row: 0)
        #expect(canvas.frame.cells.map(\.text).joined() == "?[2J??? ")
    }

    @Test func asciiHasNothingElse() {
        var canvas = Canvas(size: Size(columns: 40, rows: 1), unicode: false)
        canvas.put(Glyph.allCases.map(\.text).joined() + "é日e\u{301}", column: 0, row: 0)
        #expect(canvas.frame.cells.allSatisfy { $0.text.unicodeScalars.allSatisfy(\.isASCII) && $0.text.count == 1 })
    }

    @Test(arguments: [
        (0.0, "0"), (340, "340"), (999, "999"), (1_000, "1.0k"), (1_210, "1.2k"), (9_949, "9.9k"), (9_960, "10k"),
        (151_654, "152k"),
        (999_400, "999k"), (999_600, "1.0M"), (1.2e9, "1.2G"), (-1, "-"), (.nan, "-"), (.infinity, "-"),
    ])
    func compact(_ value: Double, _ expected: String) {
        #expect(Numbers.compact(value) == expected)
    }
}
