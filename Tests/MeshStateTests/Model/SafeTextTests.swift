import MeshState
import Testing

struct SafeTextTests {
    @Test(
        "what a terminal would act on, or not show, becomes visible",
        arguments: [
            ("plain text ~", "plain text ~"), ("", ""), ("Käse 日本 😀", "Käse 日本 😀"), ("a\u{0}b", "a␀b"),
            ("\u{1B}]0;x\u{7}", "␛]0;x␇"), ("\r\n\t", "␍␊␉"), ("\u{7F}", "␡"), ("\u{85}\u{9B}", "\\u{85}\\u{9b}"),
            ("\u{202E}\u{2066}\u{2069}\u{200F}", "\\u{202e}\\u{2066}\\u{2069}\\u{200f}"),
            ("a\u{200B}b\u{FEFF}\u{2060}\u{AD}", "a\\u{200b}b\\u{feff}\\u{2060}\\u{ad}"),
            ("\u{2028}\u{2029}", "\\u{2028}\\u{2029}"), ("\u{E0041}\u{E007F}", "\\u{e0041}\\u{e007f}"),
            ("\u{115F}\u{3164}\u{FE0F}", "\\u{115f}\\u{3164}\\u{fe0f}"),
        ])
    func visible(_ text: String, _ expected: String) { #expect(text.madeSafe == expected) }

    @Test("no scalar of the text that is shown is a control or invisible")
    func nothingGetsThrough() {
        for value in UInt32(0)...0x3FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let shown = String(scalar).madeSafe
            #expect(
                !shown.unicodeScalars.contains {
                    $0.properties.isDefaultIgnorableCodePoint
                        || [.control, .format, .lineSeparator, .paragraphSeparator].contains(
                            $0.properties.generalCategory)
                })
        }
    }

    @Test("absurd lengths are cut, and say so")
    func cut() {
        #expect(String(repeating: "x", count: 4096).madeSafe.count == 4096)
        #expect(
            String(repeating: "x", count: 5000).madeSafe == String(repeating: "x", count: 4096) + "…(904 more bytes)")
        #expect(SafeText.visible("ääää", limit: 4) == "ää…(4 more bytes)")
    }

    @Test("a document keeps its lines")
    func documents() {
        let value: JSONValue = ["a\u{1B}": ["x\ny\u{1B}", 1, .null]]
        #expect(value.madeSafe == ["a␛": ["x\ny␛", 1, .null]])
    }
}
