import MeshState
import Testing

struct LineDiffTests {
    @Test(
        "lines that stay, go and come",
        arguments: [
            ("", "", []), ("a\nb\n", "a\nb\n", [" a", " b"]), ("", "a\n", ["+a"]), ("a", "", ["-a"]),
            ("a\nb\nc", "a\nx\nc", [" a", "-b", "+x", " c"]), ("a\nb", "b\nc", ["-a", " b", "+c"]),
            ("a\n\nb", "a\n\n\nb", [" a", " ", "+", " b"]),
        ])
    func lines(_ old: String, _ new: String, _ expected: [String]) {
        let marks: [LineDiff.Kind: String] = [.same: " ", .removed: "-", .added: "+"]
        #expect(LineDiff.lines(from: old, to: new).map { marks[$0.kind, default: "?"] + $0.text } == expected)
    }
}
