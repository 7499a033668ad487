import MeshState
import Testing

@testable import MeshTUI

@Suite struct FilterTests {
    private static func rows(_ text: String, _ pane: PaneID) -> [String] {
        var model = World.model(focus: pane)
        model.setFilter(text, of: pane)
        let shown = model.shown
        return model.current.rows.compactMap { row in shown.map { model.pane.name(of: row.index, in: $0) } }
    }

    @Test(arguments: [
        ("", ["details", "mysqldb", "productpage", "ratings", "reviews"]),
        ("re", ["reviews"]),
        ("RATINGS", ["ratings"]),
        ("!re", ["details", "mysqldb", "productpage", "ratings"]),
        ("rat|det", ["details", "ratings"]),
        ("!rat|det", ["mysqldb", "productpage", "reviews"]),
        ("~^r.*s ", ["ratings", "reviews"]),
        ("~S$", []),
        ("ns:vm", ["mysqldb"]),
        ("ns:default port:9080 !name:details", ["productpage", "ratings", "reviews"]),
        ("port:3306|name:rat", ["mysqldb", "ratings"]),
        ("  reviews   1  ", ["reviews"]),
        ("nothing", []),
        ("ns:", ["details", "mysqldb", "productpage", "ratings", "reviews"]),
    ])
    func services(_ text: String, _ expected: [String]) {
        #expect(Self.rows(text, .services) == expected)
    }

    @Test(arguments: [
        ("state:off", ["httpbin-ext"]), ("state:on|state:bad", ["cnn", "wiki"]), ("host:wikipedia", ["wiki"]),
        ("port:443", ["cnn", "wiki"]), ("mysql:3306", []),
    ])
    func entries(_ text: String, _ expected: [String]) {
        #expect(Self.rows(text, .entries) == expected)
    }

    @Test(arguments: [
        ("host:mysql", 1), ("verdict:entry", 3), ("proto:http", 1), ("203.0.113.10:3306", 1), ("from:sleep", 2),
        ("ns:vm", 0),
    ])
    func blocked(_ text: String, _ count: Int) {
        #expect(Self.rows(text, .blocked).count == count)
    }

    @Test func aBadPatternIsToldAndLetsAllPass() {
        let filter = Filter("~[a word", keys: [])
        #expect(filter.problem == "[a is not a regular expression")
        #expect(filter.terms.count == 1)
    }

    @Test func matchesAreFoundInScalars() {
        let matcher = Filter.Matcher(Filter("b ~d+ !x", keys: []))
        #expect(matcher.matches(in: "äBcddx") == [1..<2, 3..<5])
    }

    @Test func escapeInThePromptBringsTheFilterBeforeBack() {
        var model = World.model(focus: .services)
        model.type("/rev")
        model.type(.enter)
        model.type("/iews")
        #expect(model.current.filter.text == "reviews")
        model.type(.escape)
        #expect(model.current.filter.text == "rev")
    }

    @Test func promptEditing() {
        var model = World.model(focus: .services)
        model.type("/rev")
        model.type(.left, .backspace, .character("a"), .home, .delete, .end, .character("q"))
        #expect(model.current.filter.text == "avq")
        model.type(.control("u"))
        #expect(model.current.filter.text == "")
        model.type(.backspace)
        #expect(model.layers.isEmpty)
    }
}
