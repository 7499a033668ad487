import MeshState
import Testing

@testable import MeshTUI

/// Deleting, changing several at once, and the editor.
@Suite struct EntryActionTests {
    @Test(arguments: [
        ("Dcnn<Enter>", 1), ("Dcn<Enter>", 0), ("D<Enter>", 0), ("D<Tab><Enter>", 0), ("Dcnnx<Enter>", 0),
        ("Dcnnx<BS><Enter>", 1), ("Dcnn<Esc>", 0), ("<Del>cnn<Enter>", 1), ("d", 0), ("Dy", 0),
    ])
    func aNameHasToBeTyped(_ keys: String, _ count: Int) {
        var model = World.model(focus: .entries)
        let applied = model.press(keys).applied
        #expect(applied.count == count)
        if let request = applied.first {
            #expect(request.action == .delete(resourceVersion: "41") && request.summary == "delete cnn")
        }
    }

    @Test func severalGoThroughOneDialogAndReportEach() throws {
        var model = World.model(80, 24, focus: .entries)
        model.press("   t")
        // The one that is off already is left out.
        #expect(model.screen.contains("Switch off 2 service entries"))
        #expect(model.press("<Enter>").applied.isEmpty)
        model.press("t")
        let effects = model.press("2<Enter>")
        #expect(effects.applied.map(\.summary) == ["switch off cnn", "switch off wiki"])
        let first = effects.applied[0]
        _ = update(&model, .changeFinished(first, .done(object: first.object ?? .null, warnings: [])))
        let second = effects.applied[1]
        _ = update(&model, .changeFinished(second, .failed(message: "forbidden", isConflict: true)))
        #expect(model.screen.contains("1 failed"))
        // Each line leads to its entry.
        model.press("j<Enter>")
        #expect(model.layers.isEmpty)
        #expect(model.current.selectedName == "wiki")
    }

    @Test func severalOffOnesAreSwitchedOn() throws {
        var model = World.model(focus: .entries) { snapshot in
            for index in snapshot.entries.indices {
                let name = snapshot.entries[index].entry.meta.name
                snapshot.entries[index] = World.entry(
                    name, ["\(name).com"], ports: [(80, "HTTP")], state: .off(.revisionLabel))
            }
        }
        model.press("   t")
        let requests = model.press("3<Enter>").applied
        #expect(requests.map(\.summary) == ["switch on cnn", "switch on httpbin-ext", "switch on wiki"])
    }

    // MARK: The editor

    private func job() throws -> (AppModel, EditorJob) {
        var model = World.model(80, 24, focus: .entries)
        return (model, try #require(model.press("E").edited.first))
    }

    @Test func theEditorGetsTheObjectWithoutWhatTheAPIWrites() throws {
        let (_, job) = try job()
        #expect(job.text.contains("edition.cnn.com") && !job.text.contains("resourceVersion"))
        #expect(job.target?.name == "cnn" && job.problems.isEmpty)
    }

    @Test func whatComesBackIsReviewedAndKeepsItsVersion() throws {
        var (model, job) = try job()
        var object = try #require(try YAMLText.parse(job.text).first)
        object["spec"]?["hosts"] = ["other.cnn.com"]
        let effects = update(&model, .edited(job, .object(object, file: "/state/edited/x.yaml")))
        #expect(effects.readID != nil)
        #expect(model.screen.contains("/state/edited/x.yaml"))
        let request = try #require(model.press("y").applied.first)
        #expect(request.object?["metadata"]?["resourceVersion"] == "41")
        // The API's refusal opens the editor again, at the same file.
        let again = update(&model, .changeFinished(request, .failed(message: "denied", isConflict: false))).edited
        #expect(again.first?.problems == ["denied"] && again.first?.file == "/state/edited/x.yaml")
        job = try #require(again.first)
        #expect(job.text.contains("other.cnn.com"))
        _ = update(&model, .edited(job, .object(object, file: "/state/edited/x.yaml")))
        let second = try #require(model.press("y").applied.first)
        let done = update(&model, .changeFinished(second, .done(object: object, warnings: [])))
        #expect(done == [.removeEdited(file: "/state/edited/x.yaml")])
    }

    @Test func whatIsNotAppliedStaysInItsFile() throws {
        var (model, job) = try job()
        var object = try #require(try YAMLText.parse(job.text).first)
        object["spec"]?["hosts"] = ["other.cnn.com"]
        _ = update(&model, .edited(job, .object(object, file: "/f.yaml")))
        #expect(model.press("n").isEmpty)
        #expect(model.message?.text == "Not applied; what you wrote is in /f.yaml")
        _ = update(&model, .edited(job, .gaveUp("left as it was", file: "/g.yaml")))
        #expect(model.message?.text == "left as it was; what you wrote is in /g.yaml")
        _ = update(&model, .edited(job, .unchanged))
        #expect(model.layers.isEmpty)
    }

    @Test func theFormGoesOnInTheEditor() throws {
        var model = World.model(focus: .entries)
        let effects = model.press("e<Enter>b.com<C-o>")
        let job = try #require(effects.edited.first)
        #expect(job.text.contains("- b.com") && model.layers.isEmpty)
        // The form is kept until the change is made.
        #expect(model.drafts.count == 1)
        let object = try #require(try YAMLText.parse(job.text).first)
        _ = update(&model, .edited(job, .object(object, file: "/f.yaml")))
        let request = try #require(model.press("y").applied.first)
        _ = update(&model, .changeFinished(request, .done(object: object, warnings: [])))
        #expect(model.drafts.isEmpty)
    }

    @Test(arguments: ["e", "E", "D", "A"]) func aLockSaysWhy(_ key: String) {
        var model = World.model(focus: .entries)
        model.press("L")
        let reason = "\(key): changes are locked (L unlocks)"
        #expect(model.press(key) == [.log(reason)])
        #expect(model.layers.isEmpty)
        #expect(model.message?.text == reason)
    }
}
