import FoundationEssentials
import MeshState
import Testing

@testable import MeshTUI

/// Themes, options, the mouse, and looking at another mesh.
@Suite struct LookTests {
    private func model(_ columns: Int = 80, _ rows: Int = 24, _ pane: PaneID = .services) -> AppModel {
        var model = World.model(columns, rows, focus: pane)
        _ = update(&model, .surroundings(Surroundings(themes: World.surroundings.themes)))
        return model
    }

    // MARK: Theme picker

    @Test func theMarkedThemeIsShownAtOnceAndEscRestores() {
        var model = model()
        #expect(model.type("T") == [.lookAround])
        model.type("j")
        #expect(model.preferences.theme.name == "mono")
        model.type("G")
        #expect(model.preferences.theme.name == "nord")
        model.type(.escape)
        #expect(model.layers.isEmpty)
        #expect(model.preferences.theme.name == "default-dark")
        model.type("Tjj")
        model.type(.enter)
        #expect(model.layers.isEmpty)
        #expect(model.preferences.theme.name == "nord")
        model.type("T")
        model.type("k")
        model.type("q")
        #expect(model.preferences.theme.name == "nord")
    }

    @Test func thePickerTakesThemesThatComeLater() {
        var model = World.model()
        model.type("T")
        model.type("j")
        #expect(model.preferences.theme.name == "default-dark")
        _ = update(&model, .surroundings(Surroundings(themes: World.surroundings.themes)))
        model.type("j")
        #expect(model.preferences.theme.name == "mono")
    }

    // MARK: Options

    @Test func optionsTakeEffectAtOnce() {
        var model = model()
        #expect(model.type("o") == [.lookAround])
        #expect(model.type(.enter) == [.setInterval(2)])
        #expect(model.type(.left) == [.setInterval(1)])
        model.type("j")
        model.type(.right)
        #expect(model.preferences.theme.name == "mono")
        model.type("jl")
        #expect(model.preferences.color == .trueColor)
        model.type("j ")
        #expect(model.preferences.ascii)
        #expect(model.type("j ") == [.setMouse(true)])
        #expect(model.preferences.mouse)
        let wanted: Effect = .writeSettings([
            "theme": "mono", "color": "truecolor", "ascii": "true", "mouse": "true",
        ])
        #expect(model.type("w") == [wanted])
        #expect(model.type("w") == [])
        #expect(model.message?.text == "No option has changed since the start")
        model.type(.escape)
        #expect(model.layers.isEmpty)
    }

    @Test func aThemeForTheBackgroundIsNothingToWrite() {
        var model = model()
        _ = update(&model, .standardTheme(World.surroundings.themes[2]))
        #expect(model.preferences.theme.name == "nord")
        model.type("o")
        #expect(model.type("w") == [])
    }

    @Test func anUnusualIntervalIsNotLost() {
        var model = AppModel(
            size: Size(columns: 80, rows: 24), now: World.now, contextName: "lab", user: "olga", interval: 0.7)
        model.type("o")
        #expect(model.options["interval"] == "0.7")
        #expect(model.type(.enter) == [.setInterval(0.5)])
    }

    @Test(arguments: [
        (ColorChoice.auto, ColorLevel.trueColor), (.trueColor, .trueColor), (.indexed256, .indexed256),
        (.ansi16, .ansi16), (.never, .mono),
    ])
    func preferencesBoundWhatTheTerminalShows(_ choice: ColorChoice, _ level: ColorLevel) {
        let preferences = Preferences(color: choice, ascii: choice == .never)
        let shown = preferences.capabilities(of: Capabilities(colors: .trueColor, unicode: true))
        #expect(shown == Capabilities(colors: level, unicode: choice != .never))
        let poor = preferences.capabilities(of: Capabilities(colors: .ansi16, unicode: false))
        #expect(poor.colors == min(level, .ansi16) && !poor.unicode)
    }

    // MARK: Another mesh

    @Test func anotherMeshBeginsAnew() {
        var model = World.model(focus: .blocked)
        model.type("/goo")
        model.type(.enter)
        model.type("p")
        #expect(update(&model, .switched(context: "prod", readOnly: true)) == [.setInterval(1)])
        #expect(model.contextName == "prod" && model.latest == nil && model.pause == nil)
        #expect(model.lock == .forced)
        #expect(model.current.filter.text == "goo" && model.current.rows.isEmpty)
        _ = update(&model, .snapshot(World.snapshot()))
        #expect(!model.current.rows.isEmpty)
        _ = update(&model, .switched(context: "lab", readOnly: false))
        #expect(model.lock == .open)
        model.type("L")
        _ = update(&model, .switched(context: "prod", readOnly: false))
        #expect(model.lock == .locked)
    }

    // MARK: Mouse

    private func click(_ model: inout AppModel, _ column: Int, _ row: Int, _ kind: MouseInput.Kind = .press) -> [Effect] {
        update(&model, .mouse(MouseInput(kind: kind, position: Position(column: column, row: row))))
    }

    @Test func aClickFocusesAndSelects() throws {
        var model = World.model(120, 40)
        let box = try #require(model.layout.box(of: .connections))
        _ = click(&model, box.rowsArea.column + 3, box.rowsArea.row + 2 * box.arrangement.lines.count)
        #expect(model.focus == .connections)
        #expect(model.current.selectedIndex == 2)
        _ = click(&model, box.rect.column + 2, box.rect.row)
        #expect(model.focus == .connections && model.current.selectedIndex == 2)
        _ = click(&model, 3, 2)
        #expect(model.focus == .services)
        _ = click(&model, 500, 500)
        #expect(model.focus == .services)
    }

    @Test func aClickOnAFooterKeyPressesIt() throws {
        var model = World.model(120, 40)
        let footer = model.layout.footer
        let places = FooterView.places(model, in: footer)
        let frame = render(model, size: model.size, capabilities: Capabilities(colors: .mono, unicode: true))
        for place in places {
            let text = place.columns.map { frame[$0, footer.row].text }.joined()
            #expect(text == "\(place.binding.keys[0].label) \(place.binding.hint ?? "")")
        }
        let help = try #require(places.first { $0.binding.name == "help" })
        _ = click(&model, help.columns.lowerBound, footer.row)
        #expect(model.layers.last is HelpLayer)
        let quit = try #require(places.first { $0.binding.name == "quit" })
        model.type(.escape)
        #expect(click(&model, quit.columns.upperBound - 1, footer.row) == [.quit])
        #expect(click(&model, footer.width - 1, footer.row) == [])
    }

    @Test func theWheelScrollsWhatIsUnderIt() throws {
        var model = World.model(120, 40)
        let box = try #require(model.layout.box(of: .blocked))
        _ = click(&model, box.rowsArea.column, box.rowsArea.row, .wheelDown)
        #expect(model.focus == .services)
        #expect(model[.blocked].selectedIndex == min(3, model[.blocked].rows.count - 1))
        _ = click(&model, box.rowsArea.column, box.rowsArea.row, .wheelUp)
        #expect(model[.blocked].selectedIndex == 0)
        model.type("sj")
        _ = click(&model, 0, 0, .wheelDown)
        model.type(.enter)
        #expect(model.layers.isEmpty)
    }

    // MARK: Keys of the operator's own

    @Test func reboundKeysActAndAreShown() throws {
        let keys = try KeyMap(changing: ["toggle": [.character("x")], "zoom": [], "quit": [.character("X")]])
        var model = AppModel(
            size: Size(columns: 120, rows: 30), now: World.now, contextName: "lab", user: "olga", keys: keys)
        _ = update(&model, .snapshot(World.snapshot()))
        model.type("2t")
        #expect(model.layers.isEmpty)
        let footer = render(model, size: model.size, capabilities: Capabilities(colors: .mono, unicode: true)).text
            .split(separator: "\n").last.map(String.init) ?? ""
        #expect(footer.contains("x toggle") && footer.contains("X quit") && !footer.contains("zoom"))
        model.type("x")
        #expect(model.layers.last is ConfirmDialog)
        model.type(.escape)
        model.type("z")
        #expect(!model.isZoomed)
        #expect(model.type("X") == [.quit])
    }

    @Test(arguments: [
        ("x", Key.character("x")), ("F9", .function(9)), ("Ctrl-D", .control("d")), ("ctrl-d", .control("d")),
        ("Space", .character(" ")), ("PgUp", .pageUp), ("shift-tab", .backTab), ("é", .character("é")), ("xx", nil),
        ("F99", nil), ("", nil), (" ", nil), ("Alt-x", nil),
    ])
    func keysAreReadAsTheyAreWritten(_ label: String, _ key: Key?) {
        #expect(Key(label: label) == key)
        if let key { #expect(Key(label: key.label) == key) }
    }

    @Test func everyKeyOfTheTableCanBeWritten() {
        for key in KeyTable.bindings.flatMap(\.keys) { #expect(Key(label: key.label) == key, "\(key.label)") }
    }

    // MARK: Copies

    @Test func whatIsTooLongForAClipboardIsNotSent() {
        var model = World.model(focus: .entries) { snapshot in
            snapshot.entries = [
                World.entry("long", (0..<4000).map { "host-\($0).example.com" }, ports: [(443, "TLS")])
            ]
        }
        #expect(model.type("C") == [.log("too long for a terminal's clipboard; Ctrl-S saves it to a file")])
        #expect(model.message?.isError == true && model.message?.text.contains("Ctrl-S") == true)
    }

    // MARK: Badges and sizes

    @Test func theHeaderSaysWhichMeshAsWhomAndInWhichVersion() {
        let model = World.model(120, 40)
        let header = render(model, size: model.size, capabilities: Capabilities(colors: .mono, unicode: true)).text
            .split(separator: "\n").first ?? ""
        for part in ["lab ▸ default", "as olga", "Istio 1.28.0", "REGISTRY_ONLY"] { #expect(header.contains(part)) }
    }

    @Test func whatWasDroppedIsABadge() {
        let model = World.model(120, 40) { $0.blockedLost = 312 }
        let frame = render(model, size: model.size, capabilities: Capabilities(colors: .mono, unicode: true))
        let header = (0..<120).map { frame[$0, 0].text }.joined()
        #expect(header.contains(" LOST 312 "))
        let column = header.distance(from: header.startIndex, to: header.firstRange(of: "LOST")?.lowerBound ?? header.endIndex)
        #expect(frame[column, 0].role == .badge && frame[column, 0].emphasis.contains(.reverse))
    }

    @Test(arguments: [(0, 0), (1, 1), (20, 5), (300, 100)], [true, false])
    func namesOfEveryWidthFitEverySize(_ size: (Int, Int), _ unicode: Bool) {
        let names = ["日本語サービス", "e\u{301}te\u{301}", "👩‍👩‍👧.net", String(repeating: "한", count: 300), "a\u{200D}b"]
        var model = World.model(size.0, size.1) { snapshot in
            snapshot.services = names.map { World.service($0) }
        }
        for keys in ["", "z", "y"] {
            model.type(keys)
            let frame = render(model, size: model.size, capabilities: Capabilities(colors: .mono, unicode: unicode))
            for row in 0..<frame.size.rows {
                let columns = (0..<frame.size.columns).reduce(0) { $0 + frame[$1, row].text.columns }
                #expect(columns == frame.size.columns)
            }
        }
    }
}
