import FoundationEssentials
import MeshState
import Testing

@testable import MeshTUI

/// What keys do: each state that changes and each effect is named.
@Suite struct KeyTests {
    private static let held = "Optional(\(World.now.addingTimeInterval(2)))"

    /// A console in which a key has been pressed already, so that a test names only what its own key does.
    private func model(_ pane: PaneID = .services) -> AppModel {
        var model = World.model(focus: pane)
        model.type(.up)
        return model
    }

    @Test func theFirstKeyPinsTheSelection() {
        var model = World.model()
        let changes = model.changes(by: .down)
        #expect(
            changes.state == [
                "services.selection": "mysqldb", "services.cursor": "1",
                "services.selectedName": "Optional(\"mysqldb\")",
                "services.heldUntil": Self.held,
            ])
        #expect(changes.effects == [])
    }

    @Test(arguments: [
        ([Key.down], "mysqldb"), ([.character("j")], "mysqldb"), ([.character("j"), .character("k")], "details"),
        ([.end], "reviews"), ([.character("G")], "reviews"), ([.character("G"), .character("g")], "details"),
        ([.end, .home], "details"), ([.pageDown], "reviews"), ([.pageDown, .pageUp], "details"),
        ([.control("d")], "reviews"), ([.control("d"), .control("u")], "details"), ([.up], "details"),
    ])
    func moving(_ keys: [Key], _ expected: String) {
        var model = World.model()
        for key in keys { model.type(key) }
        #expect(
            model.current.selection
                == .object(
                    ObjectKey(kind: "Service", namespace: expected == "mysqldb" ? "vm" : "default", name: expected)))
    }

    @Test func focus() {
        var model = model()
        #expect(model.changes(by: .tab).state == ["focus": "\(PaneID.entries)"])
        model.type("3")
        #expect(model.focus == .connections)
        for _ in Panes.all.dropFirst(2) { model.type(.tab) }
        #expect(model.focus == .services)
        model.type(.backTab)
        #expect(model.focus == Panes.all.last?.id)
    }

    @Test func zoom() {
        var model = model()
        let changes = model.changes(by: .character("z"))
        #expect(changes.state["isZoomed"] == "true")
        #expect(model.layout.boxes.map(\.id) == [.services])
        model.type(.escape)
        #expect(!model.isZoomed)
        #expect(model.layout.boxes.count == 4)
    }

    @Test func pause() {
        var model = model()
        #expect(model.changes(by: .character("p")).state == ["pause": "unseen 0"])
        let later = World.now.addingTimeInterval(1)
        let changes = model.changes(
            by: .snapshot(
                World.snapshot {
                    $0.time = later
                    $0.services.removeFirst()
                }))
        #expect(changes.state["pause"] == "unseen 1")
        #expect(changes.state["services.rows"] == nil)
        #expect(model.changes(by: .character("Z")).state["services.rows"] == "details mysqldb ratings reviews")
        #expect(model.pause == nil)
    }

    @Test func sorting() {
        var model = model(.connections)
        #expect(model.changes(by: .character(">")).state["connections.sort"]?.contains("to") == true)
        model.type(">")
        #expect(model.current.sort == SortOrder(column: "live", descending: true))
        #expect(model.current.rows.first?.index == 2)
        model.type("I")
        #expect(model.current.rows.last?.index == 2)
        model.type("<<")
        #expect(model.current.sort == SortOrder(column: "from"))
        model.type("sjj")
        #expect(model.layers.count == 1)
        model.type(.enter)
        #expect(model.layers.isEmpty)
        #expect(model.current.sort == SortOrder(column: "live", descending: true))
        model.type(.function(6), .escape)
        #expect(model.layers.isEmpty)
    }

    @Test func interval() {
        var model = model()
        let longer = model.changes(by: .character("+"))
        #expect(longer.state == ["interval": "2.0"])
        #expect(longer.effects == [.setInterval(2)])
        #expect(model.type("---") == [.setInterval(1), .setInterval(0.5), .setInterval(0.5)])
    }

    @Test(arguments: [
        (Key.character("r"), Effect.refresh), (.function(5), .refresh), (.control("r"), .refresh),
        (.control("l"), .redraw),
        (.control("z"), .suspend), (.character("q"), .quit), (.character("Q"), .quit), (.function(10), .quit),
        (.control("c"), .quit),
    ])
    func effects(_ key: Key, _ effect: Effect) {
        var model = model()
        #expect(model.type(key) == [effect])
    }

    @Test func copy() {
        var model = model(.entries)
        #expect(model.type("c") == [.copy("cnn")])
        guard case .copy(let yaml) = model.type("C").first else {
            Issue.record("C copies")
            return
        }
        #expect(yaml.hasPrefix("apiVersion: networking.istio.io/v1\n"))
        #expect(yaml.contains("- edition.cnn.com\n"))
        // What is copied is also shown, for terminals that take no copies.
        #expect((model.layers.last as? TextLayer)?.view == .yaml)
        #expect(model.type("C").count == 1 && model.layers.count == 1)
        model.type(.escape)
        model.type("4")
        #expect(model.type("c") == [.copy("mysql.example.com:3306")])
        // A text copies what it shows, whatever is selected by now.
        model.type("2")
        model.type("y")
        _ = update(
            &model, .snapshot(World.snapshot { $0.entries.insert(World.entry("a", ["a.org"], ports: []), at: 0) }))
        #expect(model.type("c") == [.copy("cnn")])
    }

    @Test func save() throws {
        var model = model(.blocked)
        let effects = model.type(.control("s"))
        guard case .save(let table, "blocked.txt") = effects.first, case .save(let json, "blocked.json") = effects.last
        else {
            Issue.record("\(effects)")
            return
        }
        #expect(table.split(separator: "\n").count == 4)
        #expect(try JSONValue(parsing: json)[0]?["target"] == "203.0.113.10")
        model.type("2")
        model.type("y")
        guard case .save(let yaml, "cnn.yaml") = model.type(.control("s")).first else {
            Issue.record("a text saves itself")
            return
        }
        #expect(yaml.hasPrefix("apiVersion:"))
    }

    @Test func lock() {
        var model = model(.blocked)
        #expect(model.changes(by: .character("L")).state == ["lock": "locked"])
        let refused = model.changes(by: .character("a"))
        #expect(refused.state == ["message": "error: a: changes are locked (L unlocks)"])
        model.type("La")
        #expect(model.layers.count == 1)
    }

    @Test func aForcedLockStays() {
        var model = AppModel(
            size: Size(columns: 80, rows: 24), now: World.now, contextName: "lab", user: "olga", readOnly: true)
        _ = update(&model, .snapshot(World.snapshot()))
        model.type("4La")
        #expect(model.lock == .forced)
        #expect(model.layers.isEmpty)
        #expect(model.message?.text == "a: this console was started read-only")
    }

    @Test func escapeGoesBackStepByStep() {
        var model = World.model(focus: .blocked)
        model.type("z/google")
        model.type(.enter, .enter)
        #expect(model.layers.count == 1)
        model.type(.escape)
        #expect(model.layers.isEmpty && model.current.filter.text == "google")
        model.type(.escape)
        #expect(model.current.filter.isEmpty && model.isZoomed)
        model.type(.escape)
        #expect(!model.isZoomed)
        #expect(model.type(.escape) == [])
    }

    @Test func quitAsksWhileAChangeIsPending() {
        var model = World.model(focus: .blocked)
        model.type("ay")
        #expect(model.type("q") == [])
        #expect(model.layers.count == 1)
        #expect(model.type("n") == [])
        #expect(model.type("qy") == [.quit])
    }

    @Test func messagesOfInformationGoAfterFiveSecondsAndErrorsWithTheNextKey() {
        var model = model()
        _ = update(&model, .message("saved to /tmp/x", isError: false))
        _ = update(&model, .tick(World.now.addingTimeInterval(4)))
        #expect(model.message != nil)
        _ = update(&model, .tick(World.now.addingTimeInterval(5)))
        #expect(model.message == nil)
        _ = update(&model, .message("it broke", isError: true))
        _ = update(&model, .tick(World.now.addingTimeInterval(60)))
        #expect(model.message != nil)
        model.type(.down)
        #expect(model.message == nil)
    }

    @Test func whatTheAPIWouldRefuseSaysSoBeforehand() {
        var model = model(.entries)
        _ = update(&model, .rights(namespace: "default", denied: [.delete]))
        let refused = model.changes(by: .character("D"))
        #expect(
            refused.state == [
                "message": "error: D: in default you may not delete serviceentries"
            ])
        model.type("t")
        #expect(model.layers.count == 1)
        model.type("n")
        _ = update(&model, .rights(namespace: "default", denied: [.create, .replace, .delete]))
        for key in ["t", "e", "E", "D", "A", "4a"] {
            model.type(key)
            #expect(model.layers.isEmpty, "\(key)")
            #expect(model.message?.text.contains("you may not") == true, "\(key)")
        }
        model.type("?")
        let help = Golden.text(
            render(model, size: model.size, capabilities: Capabilities(colors: .mono, unicode: true)))
        #expect(help.contains("in default you may not create or update"))
        model.type(.escape)
        // An entry that is there can still be widened by who may not make one.
        _ = update(&model, .rights(namespace: "default", denied: [.create]))
        model.type("a")
        #expect(model.layers.count == 1)
        _ = update(&model, .switched(context: "prod", readOnly: false))
        #expect(model.denied.isEmpty)
    }

    /// What hands know from other programs, and what is written down of this one.
    @Test(arguments: [
        ("down", "Down j", nil), ("up", "Up k", nil), ("page-up", "PgUp", nil), ("page-down", "PgDn", nil),
        ("half-page-up", "Ctrl-U", nil), ("half-page-down", "Ctrl-D", nil), ("top", "g Home", nil),
        ("bottom", "G End", nil), ("left", "Left h", nil), ("right", "Right l", nil), ("focus-services", "1", nil),
        ("focus-entries", "2", nil), ("focus-connections", "3", nil), ("focus-blocked", "4", nil),
        ("focus-log", "5", nil), ("next-pane", "Tab", nil), ("previous-pane", "Shift-Tab", nil), ("zoom", "z", nil),
        ("details", "Enter", nil), ("back", "Esc", nil), ("quit", "q", nil), ("quit-at-once", "Q F10", nil),
        ("help", "? F1", nil), ("filter", "/ F4", nil), ("command-line", ":", nil), ("sort", "s F6", nil),
        ("sort-previous", "<", nil), ("sort-next", ">", nil), ("invert", "I", nil), ("mark", "Space", nil),
        ("mark-range", "v", nil), ("clear-marks", "U", nil), ("toggle", "t F9", "entries"), ("allow", "a", "blocked"),
        ("allow", "a", "connections"), ("add", "A", nil), ("edit", "e", "entries"), ("edit-yaml", "E", "entries"),
        ("delete", "D Del", "entries"), ("describe", "d", nil), ("yaml", "y", nil), ("copy-name", "c", nil),
        ("copy-yaml", "C", nil), ("undo", "u", nil), ("pause", "p Z", nil), ("watch", "w", "blocked"),
        ("follow", "F", nil), ("slower", "+", nil), ("faster", "-", nil), ("refresh", "r F5 Ctrl-R", nil),
        ("lock", "L", nil), ("pick-theme", "T", nil), ("options", "o F2", nil), ("save", "Ctrl-S", nil),
        ("redraw", "Ctrl-L", nil), ("suspend", "Ctrl-Z", nil),
    ] as [(String, String, String?)])
    func theKeyMap(_ action: String, _ keys: String, _ pane: String?) throws {
        for own in Panes.all where pane == nil || own.id.name == pane {
            for label in keys.split(separator: " ") {
                let key = try #require(Key(label: String(label)))
                #expect(KeyMap.standard.binding(for: key, scope: .list, pane: own.id)?.command == action, "\(label)")
            }
        }
    }

    @Test func noKeyHasTwoMeaningsInOnePlace() {
        for scope in KeyScope.allCases {
            for pane in Panes.all {
                var owners: [Key: String] = [:]
                for binding in KeyMap.standard.bindings(in: scope, pane: pane.id) {
                    for key in binding.keys {
                        #expect(
                            owners[key] == nil, "\(key.label) is \(owners[key] ?? "") and \(binding.name) in \(scope)")
                        owners[key] = binding.name
                    }
                }
            }
        }
    }

    @Test func handsOffTheKeysOfMultiplexersAndEveryFunctionKeyHasALetter() {
        for binding in KeyTable.bindings {
            for letter in "abq\\" where binding.keys.contains(.control(letter)) { Issue.record("\(binding.name)") }
            let hasFunctionKey = binding.keys.contains { if case .function = $0 { true } else { false } }
            let hasOther = binding.keys.contains { if case .function = $0 { false } else { true } }
            #expect(!hasFunctionKey || hasOther, "\(binding.name)")
        }
        #expect(Set(KeyTable.bindings.map(\.name)).count == KeyTable.bindings.count)
    }
}
