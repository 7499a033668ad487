import FoundationEssentials
import MeshState
import Testing

@testable import MeshTUI

/// The form of a service entry: text before, keys, text after.
@Suite struct FormTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// The spec as YAML.
        var before: String
        var keys: String
        var after: String
    }

    private static let cnn =
        "{hosts: [edition.cnn.com], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}"

    static let table: [Case] = [
        Case(testDescription: "nothing", before: cnn, keys: "", after: cnn),
        Case(
            testDescription: "what is not touched stays as it was",
            before: "{hosts: [a.com], exportTo: [], endpoints: null, location: MESH_EXTERNAL, extra: {x: 1}}",
            keys: "<End>.x",
            after: "{hosts: [a.com.x], exportTo: [], endpoints: null, location: MESH_EXTERNAL, extra: {x: 1}}"),
        Case(
            testDescription: "typing at the end of a host", before: "{hosts: [a.com]}", keys: "<End>mon",
            after: "{hosts: [a.common]}"),
        Case(
            testDescription: "editing in the middle", before: "{hosts: [a.com]}", keys: "<Home><Del>bc<Right><C-k>",
            after: "{hosts: [bc.]}"),
        Case(
            testDescription: "Enter at the end of a list makes a row", before: "{hosts: [a.com]}",
            keys: "<Enter>b.com<Enter>c.com", after: "{hosts: [a.com, b.com, c.com]}"),
        Case(
            testDescription: "blank rows are left out", before: "{hosts: [a.com]}", keys: "<C-n><C-n>c.com",
            after: "{hosts: [a.com, c.com]}"),
        Case(
            testDescription: "what pasting brings around a word is cut", before: "{hosts: [a.com]}",
            keys: "<C-u> b.com ", after: "{hosts: [b.com]}"),
        Case(
            testDescription: "a row is removed", before: "{hosts: [a.com, b.com]}", keys: "<C-x>",
            after: "{hosts: [b.com]}"),
        Case(
            testDescription: "the last row leaves a blank one", before: "{hosts: [a.com], addresses: [1.2.3.4]}",
            keys: "<Tab><C-x>", after: "{hosts: [a.com]}"),
        Case(
            testDescription: "rows change places", before: "{hosts: [a.com, b.com, c.com]}", keys: "<C-y><C-y>",
            after: "{hosts: [b.com, c.com, a.com]}"),
        Case(
            testDescription: "and back", before: "{hosts: [a.com, b.com]}", keys: "<Down><C-t>",
            after: "{hosts: [b.com, a.com]}"),
        Case(
            testDescription: "a row at the edge stays", before: "{hosts: [a.com, b.com]}", keys: "<C-t>",
            after: "{hosts: [a.com, b.com]}"),
        Case(
            testDescription: "a port is added", before: cnn, keys: "<Tab><Tab><C-n>443<Tab>tls<Tab>tl",
            after: "{hosts: [edition.cnn.com], ports: [{number: 80, name: http, protocol: HTTP}, "
                + "{number: 443, name: tls, protocol: TLS}], resolution: DNS}"),
        Case(
            testDescription: "a row keeps what the form does not show",
            before: "{hosts: [a.com], endpoints: [{address: 1.1.1.1, serviceAccount: me}]}",
            keys: "<Tab><Tab><Tab><Tab><Tab><Tab><Tab><Tab><End><BS>2",
            after: "{hosts: [a.com], endpoints: [{address: 1.1.1.2, serviceAccount: me}]}"),
        Case(
            testDescription: "a number that is none is kept as text", before: cnn, keys: "<Tab><Tab><C-u>8o",
            after: "{hosts: [edition.cnn.com], ports: [{number: 8o, name: http, protocol: HTTP}], resolution: DNS}"),
    ]

    private static func model(_ spec: String, _ columns: Int = 120, _ rows: Int = 60) throws -> AppModel {
        let object: JSONValue = [
            "apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry",
            "metadata": ["name": "cnn", "namespace": "default", "resourceVersion": "41", "labels": ["keep": "me"]],
            "spec": try YAMLText.parse(spec).first ?? [:],
        ]
        var summary = World.entry("cnn", ["edition.cnn.com"], ports: [(80, "HTTP")])
        summary.entry.object = object
        let entry = summary
        return World.model(columns, rows, focus: .entries) { $0.entries = [entry] }
    }

    @Test(arguments: table) func typing(_ test: Case) throws {
        var model = try Self.model(test.before)
        model.type("e")
        model.press(test.keys)
        let object = try #require(model.form).built().object
        #expect(object["spec"] == (try YAMLText.parse(test.after).first))
        #expect(object["metadata"]?["labels"] == ["keep": "me"])
    }

    static let choices: [(FormSection, String, String?)] = [
        (.location, "<Right>", "MESH_EXTERNAL"), (.location, " ", "MESH_EXTERNAL"),
        (.location, "<Left>", "MESH_INTERNAL"), (.location, "<Right><Right><BS>", nil),
        (.resolution, "st", "STATIC"), (.resolution, "dns_", "DNS_ROUND_ROBIN"), (.resolution, "dn", "DNS"),
        (.resolution, "dy", "DYNAMIC_DNS"), (.resolution, "s<Right>", "DNS"), (.resolution, "xz", nil),
    ]

    /// Goes to the first cell of a section, types, and tells the value.
    @Test(arguments: choices) func choosing(_ section: FormSection, _ keys: String, _ expected: String?) throws {
        var model = try Self.model("{hosts: [a.com]}")
        model.type("e")
        _ = model.changeForm { $0.go(to: .cell(FormPlace(section: section))) }
        model.press(keys)
        #expect(try #require(model.form).built().object["spec"]?[section.rawValue]?.stringValue == expected)
    }

    static let cells: [(FormSection, Int, String, JSONValue)] = [
        (.endpoints, 1, "http:8080 tcp:9000", ["ports": ["http": 8080, "tcp": 9000]]),
        (.endpoints, 2, "app=db, version=v1", ["labels": ["app": "db", "version": "v1"]]),
        (.endpoints, 5, "7", ["weight": 7]), (.endpoints, 1, "http", ["ports": "http"]),
        (.ports, 3, "8443", ["targetPort": 8443]),
    ]

    @Test(arguments: cells)
    func pairsAndNumbers(_ section: FormSection, _ column: Int, _ text: String, _ expected: JSONValue) throws {
        var model = try Self.model("{hosts: [a.com]}")
        model.type("e")
        _ = model.changeForm { $0.go(to: .cell(FormPlace(section: section, column: column))) }
        model.press(text)
        #expect(try #require(model.form).built().object["spec"]?[section.rawValue]?[0] == expected)
    }

    @Test func aSelectorComesAndGoes() throws {
        var model = try Self.model("{hosts: [a.com]}")
        model.type("e")
        _ = model.changeForm { $0.go(to: .cell(FormPlace(section: .workloadSelector))) }
        model.press("app<Tab>db<C-n>app<Tab>x")
        #expect(model.screen.contains("✗ stands here twice"))
        model.press("<C-x>")
        #expect(try #require(model.form).built().object["spec"]?["workloadSelector"] == ["labels": ["app": "db"]])
        model.press("<C-x>")
        #expect(try #require(model.form).built().object["spec"]?["workloadSelector"] == nil)
    }

    /// What is wrong stands at its field.
    @Test(arguments: [
        ("{hosts: [a.com], ports: [{number: 99999, name: x}]}", FormPlace(section: .ports)),
        ("{hosts: [a.com], ports: [{number: 80, name: x}, {number: 80, name: y}]}", FormPlace(section: .ports)),
        ("{hosts: [a..com], resolution: DNS}", FormPlace(section: .hosts)),
        ("{hosts: [a.com], addresses: [x]}", FormPlace(section: .addresses)),
        ("{hosts: [a.com], resolution: SOMETHING}", FormPlace(section: .resolution)),
        ("{hosts: [a.com], resolution: STATIC, endpoints: [{address: b.com}]}", FormPlace(section: .endpoints)),
        ("{hosts: [a.com], workloadSelector: {labels: {app: '*'}}}", FormPlace(section: .workloadSelector, column: 1)),
        ("{hosts: []}", FormPlace(section: .hosts)),
    ])
    func problemsStandAtTheirFields(_ spec: String, _ place: FormPlace) throws {
        var model = try Self.model(spec)
        model.type("e")
        let layer = try #require(model.layers.last as? FormLayer)
        #expect(layer.problems.contains { $0.isError && $0.place == place }, "\(layer.problems)")
        #expect(layer.errors > 0)
        // Nothing that is wrong is sent.
        let effects = model.press("<C-s>")
        let message = try #require(model.message?.text)
        #expect(message.contains("to correct first"))
        #expect(effects == [.log(message)])
    }

    @Test func theButtonReviewsAndYesSends() throws {
        var model = try Self.model(Self.cnn)
        model.type("e")
        #expect(model.press("<C-s>").isEmpty)
        #expect(model.message?.text == "Nothing is different from what was read")
        model.press("<Enter>b.com")
        let opened = model.press("<BTab><BTab><Enter>")
        #expect(opened.readID != nil)
        #expect(model.layers.count == 2)
        // Cancel comes back to the form.
        model.press("<Esc>")
        #expect(model.form != nil)
        model.press("<C-s>")
        let effects = model.press("y")
        let request = try #require(effects.applied.first)
        #expect(request.summary == "change cnn")
        guard case .replace(let object) = request.action else {
            Issue.record("\(request.action)")
            return
        }
        #expect(object["metadata"]?["resourceVersion"] == "41")
        #expect(object["spec"]?["hosts"] == ["edition.cnn.com", "b.com"])
        #expect(model.layers.isEmpty)
        let draft = try #require(model.drafts.first)
        // The draft goes when the API has taken the change.
        let done = update(&model, .changeFinished(request, .done(object: object, warnings: [])))
        #expect(done.removed == [draft.id] && model.drafts.isEmpty)
    }

    @Test func aRefusalOpensTheFormAgainWithTheWords() throws {
        var model = try Self.model(Self.cnn)
        model.press("e<Enter>b.com<C-s>")
        let request = try #require(model.press("y").applied.first)
        _ = update(&model, .changeFinished(request, .failed(message: "denied by policy", isConflict: false)))
        #expect(try #require(model.form).built().object["spec"]?["hosts"] == ["edition.cnn.com", "b.com"])
        #expect(model.screen.contains("✗ denied by policy"))
        // It can be sent again.
        #expect(model.press("<C-s>y").applied.count == 1)
    }

    @Test(arguments: EntryTemplate.all.indices) func aTemplateFilledInIsClean(_ index: Int) throws {
        let template = EntryTemplate.all[index]
        var model = World.model(focus: .entries)
        model.press("A" + String(repeating: "j", count: index) + "<Enter>")
        let form = try #require(model.form)
        #expect(form.isNew)
        // Every example is asked for, and with it the entry is complete.
        for path in template.examples {
            let place = try #require(model.form?.place(of: path, written: nil), "\(path)")
            let example = try #require(model.form?[place]?.example)
            #expect(!example.isEmpty, "\(path)")
            _ = model.changeForm { $0.go(to: .cell(place)) }
            model.press(example)
        }
        let layer = try #require(model.layers.last as? FormLayer)
        #expect(layer.problems == [], "\(layer.problems)")
        let request = try #require(model.press("<C-s>y").applied.first)
        #expect(request.target.namespace == "default" && !request.target.name.isEmpty)
        guard case .create(let object) = request.action else {
            Issue.record("\(request.action)")
            return
        }
        #expect(object["spec"] == template.object["spec"])
    }

    @Test func aNewEntryIsNamedAfterItsHostAndMayHaveAnotherName() throws {
        var model = World.model(focus: .entries)
        model.press("A<Enter>api.example.com")
        #expect(model.form?.key.name == "api-example-com")
        #expect(model.screen.contains("api-example-com"))
        model.press("<BTab><BTab>my-api")
        #expect(model.form?.key.name == "my-api")
        model.press("<C-u>My_API")
        #expect(model.screen.contains("✗ Invalid value: \"My_API\""))
    }

    // MARK: Screens

    @Test func anyScreenHoldsTheForm() throws {
        for columns in stride(from: 1, through: 300, by: 23) {
            for rows in stride(from: 1, through: 100, by: 9) {
                var model = try Self.model(Self.cnn, columns, rows)
                model.press("e<Tab><Tab>x<PgDn><Down><Up><PgUp><Enter>")
                #expect(model.form != nil)
                _ = model.screen
            }
        }
    }

    @Test func theFocusedFieldIsAlwaysOnTheScreen() throws {
        for size in [(120, 40), (80, 24), (40, 10), (20, 5)] {
            var model = try Self.model(Self.cnn, size.0, size.1)
            model.type("e")
            for key in [Key.tab, .backTab, .down, .up] {
                for _ in 0..<60 {
                    model.type(key)
                    let frame = render(
                        model, size: model.size, capabilities: Capabilities(colors: .mono, unicode: true))
                    if case .cell = model.form?.focus {
                        #expect(frame.cursor != nil, "\(size) \(key) \(String(describing: model.form?.focus))")
                    }
                }
            }
        }
    }
}
