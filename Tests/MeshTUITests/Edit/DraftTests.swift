import FoundationEssentials
import MeshState
import Testing

@testable import MeshTUI

/// Nothing that was written is lost.
@Suite struct DraftTests {
    private func wait(_ model: inout AppModel, _ seconds: Double) -> [Effect] {
        update(&model, .tick(model.now.addingTimeInterval(seconds)))
    }

    @Test func whatIsWrittenIsKeptOnceASecond() throws {
        var model = World.model(focus: .entries)
        #expect(model.press("e").written.isEmpty)
        // The first change is kept at once, those of the second after it together.
        #expect(model.press("a").written.count == 1)
        #expect(model.press("bcdef").written.isEmpty)
        #expect(wait(&model, 0.5).written.isEmpty)
        let later = wait(&model, 0.6).written
        #expect(later.count == 1)
        #expect(wait(&model, 5).written.isEmpty)
        // The cursor alone is no change.
        #expect(model.press("<Left>").written.isEmpty)
        #expect(wait(&model, 5).written.isEmpty)
        let draft = try #require(later.first)
        #expect(draft.json["sections"]?["hosts"]?[0]?["texts"] == ["edition.cnn.comabcdef"])
    }

    @Test func theEndOfTheProgramKeepsWhatIsNotKeptYet() {
        var model = World.model(focus: .entries)
        model.press("eab")
        #expect(update(&model, .hangUp).written.count == 1)
        #expect(update(&model, .hangUp).isEmpty)
        model.press("c")
        let effects = model.type(.control("c"))
        #expect(effects.written.count == 1 && effects.last == .quit)
    }

    @Test func aDraftGoesThroughItsFileAsItIs() throws {
        var model = World.model(focus: .entries)
        // Even what makes no sense yet.
        model.press("e<Enter>half<Tab><Tab>x<Tab><Tab>y<C-n>z")
        let draft = try #require(update(&model, .hangUp).written.first)
        let text = draft.json.jsonText()
        let read = try #require(Draft(id: draft.id, json: try JSONValue(parsing: text)))
        #expect(read.form.texts == draft.form.texts)
        #expect(read.form.built().object == draft.form.built().object)
        #expect(read.context == "lab" && read.form.target == draft.form.target)
        #expect(Draft(id: "x", json: ["time": "never"]) == nil)
    }

    @Test func aNewOneGoesThroughItsFileToo() throws {
        var model = World.model(focus: .entries)
        model.press("Ajj<Enter>db.example.com")
        let draft = try #require(update(&model, .hangUp).written.first)
        let read = try #require(Draft(id: draft.id, json: draft.json))
        #expect(read.form.isNew)
        #expect(read.form.built().object["spec"] == draft.form.built().object["spec"])
        #expect(read.title == "new service entry for db.example.com")
    }

    @Test func leavingAsksAndKeeps() throws {
        var model = World.model(80, 24, focus: .entries)
        // Without a change there is nothing to ask.
        model.press("e<Esc>")
        #expect(model.layers.isEmpty)
        model.press("ex<Esc>")
        #expect(model.layers.last is ConfirmDialog)
        // Cancel is the default.
        model.press("<Enter>")
        #expect(model.form != nil)
        let effects = model.press("<Esc>y")
        #expect(model.layers.isEmpty)
        #expect(effects.written.count == 1)
        // The same entry offers it again.
        model.press("e")
        #expect(model.layers.last is DraftsLayer)
        model.press("<Enter>")
        #expect(model.form?.rows[.hosts]?[0].cells[0].text == "edition.cnn.comx")
    }

    private func started(with drafts: [Draft], _ columns: Int = 80, _ rows: Int = 24) -> AppModel {
        var model = World.model(columns, rows, focus: .entries)
        _ = update(&model, .drafts(drafts))
        return model
    }

    private func drafts() -> [Draft] {
        var model = World.model(focus: .entries)
        model.press("ex<Esc>yA<Enter>api.example.com")
        _ = update(&model, .hangUp)
        return model.drafts
    }

    @Test func continuingDiscardingAndLater() throws {
        let drafts = drafts()
        var model = started(with: drafts)
        model.press("<Enter>")
        #expect(model.form != nil)
        model = started(with: drafts)
        model.press("<Esc>")
        #expect(model.layers.isEmpty && model.drafts.count == 2)
        // A new one is offered by A as well.
        model.press("A<Enter>")
        #expect(model.form?.firstHost == "api.example.com")
        model = started(with: drafts)
        model.press("d")
        #expect(model.layers.last is ConfirmDialog)
        #expect(model.press("<Enter>").removed.isEmpty)
        let gone = model.press("dy").removed
        #expect(gone.count == 1 && model.drafts.count == 1)
        let last = model.press("dy").removed
        #expect(last.count == 1 && model.layers.isEmpty)
    }

    @Test func anotherMeshesAreNotOffered() {
        let others = drafts().map { Draft(id: $0.id, context: "production", time: $0.time, form: $0.form) }
        #expect(started(with: others).layers.isEmpty)
    }
}
