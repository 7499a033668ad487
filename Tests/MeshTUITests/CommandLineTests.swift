import FoundationEssentials
import MeshState
import Testing

@testable import MeshTUI

/// The command line: what it does, completes, remembers and says.
@Suite struct CommandLineTests {
    private static let themes = [
        Theme.defaultDark, Theme(name: "nord", roles: [:]), Theme(name: "night", roles: [:]),
    ]

    private func model(_ pane: PaneID = .connections) -> AppModel {
        var model = World.model(80, 24, focus: pane)
        _ = update(
            &model, .surroundings(Surroundings(themes: Self.themes, contexts: ["lab", "prod", "test"])))
        return model
    }

    private func run(_ line: String, _ model: inout AppModel) -> [Effect] {
        model.type(":" + line)
        return model.type(.enter).filter { if case .remember = $0 { false } else { true } }
    }

    @Test(arguments: [
        ("interval 2s", [Effect.setInterval(2)]), ("interval 500ms", [.setInterval(0.5)]), ("q", [.quit]),
        ("q!", [.quit]), ("ctx prod", [.switchMesh(context: "prod", namespace: .same)]),
        ("ns shop", [.switchMesh(context: nil, namespace: .one("shop"))]),
        ("ns all", [.switchMesh(context: nil, namespace: .all)]), ("mouse on", [.setMouse(true)]),
        ("theme elsewhere", [.loadTheme("elsewhere")]), ("refresh", [.refresh]), ("redraw", [.redraw]),
        ("  interval   2  ", [.setInterval(2)]), ("", []), ("   ", []),
    ])
    func effects(_ line: String, _ effects: [Effect]) {
        var model = model()
        #expect(run(line, &model) == effects)
        #expect(model.layers.isEmpty)
        #expect(model.message?.isError != true)
    }

    @Test func whatItChanges() {
        var model = model()
        _ = run("sort live", &model)
        #expect(model.current.sort == SortOrder(column: "live", descending: true))
        _ = run("sort LIVE asc", &model)
        #expect(model.current.sort == SortOrder(column: "live"))
        _ = run("filter cnn !80", &model)
        #expect(model.current.filter.text == "cnn !80")
        _ = run("theme nord", &model)
        #expect(model.preferences.theme.name == "nord")
        _ = run("color 16", &model)
        #expect(model.preferences.color == .ansi16)
        _ = run("ascii yes", &model)
        #expect(model.preferences.ascii)
        _ = run("entries", &model)
        #expect(model.focus == .entries)
        _ = run("toggle", &model)
        #expect(model.layers.last is ConfirmDialog)
        model.type(.escape)
        _ = run("pau", &model)
        #expect(model.pause != nil)
        _ = run("sort", &model)
        #expect(model.layers.last is SortMenu)
    }

    @Test(arguments: [
        ("intervall 2", ":intervall: no such command; is interval meant?"),
        ("xyzzy", ":xyzzy: no such command; Tab shows all"),
        ("interval fast", ":interval takes seconds from 0.2 to 3600, such as 2 or 500ms"),
        ("interval", ":interval takes seconds from 0.2 to 3600, such as 2 or 500ms"),
        ("ctx prd", ":there is no context prd; is prod meant?"), ("ctx", ":ctx takes one of lab, prod, test"),
        ("ns", ":ns takes a namespace, or all"), ("quit now", ":quit takes nothing behind it"),
        ("color blue", ":color takes one of auto, truecolor, 256, 16, never"),
        ("clear-marks", ":clear-marks: no row is marked"),
    ])
    func mistakes(_ line: String, _ message: String) {
        var model = model()
        #expect(run(line, &model) == [.log(message)])
        #expect(model.message?.text == message)
        #expect(model.message?.isError == true)
    }

    @Test func aSortColumnThatIsNotThere() {
        var model = model()
        _ = run("sort size", &model)
        #expect(model.message?.text.hasPrefix(":sort takes one of from, to, live") == true)
    }

    @Test func everyCommandHasItsOwnNameAndNoneHidesAnAction() {
        let names = CommandTable.commands.map(\.name)
        #expect(Set(names).count == names.count)
        // Alone, these open what the key of the same name opens.
        let shared = Set(names).intersection(KeyTable.bindings.map(\.command))
        #expect(shared == ["sort", "filter", "delete"])
        #expect(Set(names).isDisjoint(with: Panes.all.map(\.id.name)))
    }

    // MARK: Completion

    /// The text of the prompt on top.
    private func line(_ model: AppModel) -> String {
        let frame = render(model, size: model.size, capabilities: Capabilities(colors: .mono, unicode: true))
        let row = frame.text.split(separator: "\n", omittingEmptySubsequences: false).last.map(String.init) ?? ""
        return row.firstRange(of: "  ").map { String(row[..<$0.lowerBound]) } ?? row
    }

    @Test(arguments: [
        (":int", 1, ":interval"), (":theme no", 1, ":theme nord"), (":theme n", 1, ":theme night"),
        (":theme n", 2, ":theme nord"), (":theme n", 3, ":theme night"), (":qu", 1, ":quit"),
        (":qu", 3, ":quit-at-once"), (":sort li", 1, ":sort live"),
        (":ctx p", 1, ":ctx prod"), (":ns v", 1, ":ns vm"), (":xyz", 1, ":xyz"),
        ("/fr", 1, "/from:"), ("/!fr", 1, "/!from:"), ("/cnn from:sl", 1, "/cnn from:sleep"),
        ("/a|from:sl", 1, "/a|from:sleep"), ("/zzz:", 1, "/zzz:"),
    ])
    func completion(_ typed: String, _ tabs: Int, _ expected: String) {
        var model = model()
        model.type(typed)
        for _ in 0..<tabs { model.type(.tab) }
        #expect(line(model) == expected)
    }

    @Test func completionLeavesWhatStandsBehindTheCursor() {
        var model = model()
        model.type(":the nord")
        model.type(.left, .left, .left, .left, .left, .tab)
        #expect(line(model) == ":theme nord")
    }

    @Test func completingAFilterFilters() {
        var model = model()
        model.type("/from:sl")
        model.type(.tab)
        #expect(model.current.filter.text == "from:sleep")
        #expect(model.current.rows.count < model.current.total)
    }

    // MARK: History

    @Test func eachPromptRemembersItsOwnLines() {
        var model = model()
        _ = run("interval 2", &model)
        _ = run("interval 5", &model)
        model.type("/cnn")
        guard case .remember(let history)? = model.type(.enter).first else {
            Issue.record("the filter is remembered")
            return
        }
        #expect(history["command"] == ["interval 2", "interval 5"])
        #expect(history["filter connections"] == ["cnn"])
        model.type(":dra")
        model.type(.up)
        #expect(line(model) == ":interval 5")
        model.type(.up, .up)
        #expect(line(model) == ":interval 2")
        model.type(.down, .down)
        #expect(line(model) == ":dra")
        model.type(.escape)
        model.type("2/")
        model.type(.up)
        #expect(line(model) == "/")
    }

    @Test func theHistoryIsBounded() throws {
        var history = PromptHistory()
        let lines = (0..<250).map { "line \($0)" } + ["line 249", "", "line 200"]
        let areNew = lines.map { history.add($0, to: "command") }
        #expect(areNew == Array(repeating: true, count: 250) + [false, false, true])
        #expect(history["command"].count == PromptHistory.limit)
        #expect(history["command"].last == "line 200")
        #expect(history["command"].filter { $0 == "line 200" }.count == 1)
    }
}
