import MeshState
import Testing

@testable import MeshTUI

/// Somebody else was faster: both sides are shown and nothing is lost.
@Suite struct ConflictTests {
    private static let cnn = ObjectKey(kind: "ServiceEntry", namespace: "default", name: "cnn")

    /// A change of the hosts, made in the form, that the API has refused because of another one.
    private func refused(
        _ columns: Int = 80, _ rows: Int = 24, keys: String = "e<Enter>mine.cnn.com<C-s>",
        theirs: (inout JSONValue) -> Void
    ) throws -> (AppModel, id: Int) {
        var model = World.model(columns, rows, focus: .entries)
        model.press(keys)
        let request = try #require(model.press("y").applied.first)
        let refusal = ChangeResult.failed(message: "the object has been modified", isConflict: true)
        let effects = update(&model, .changeFinished(request, refusal))
        let id = try #require(effects.readID)
        var object = World.entry("cnn", ["edition.cnn.com"], ports: [(80, "HTTP"), (443, "TLS")]).entry.object
        object["metadata"]?["resourceVersion"] = "42"
        theirs(&object)
        _ = update(&model, .read(id: id, [Self.cnn: .object(object)]))
        return (model, id)
    }

    @Test func bothSidesAreBroughtTogether() throws {
        var (model, _) = try refused { $0["spec"]?["exportTo"] = ["."] }
        model.press("m")
        #expect(model.layers.last is ConfirmDialog)
        let request = try #require(model.press("y").applied.first)
        guard case .replace(let object) = request.action else {
            Issue.record("\(request.action)")
            return
        }
        #expect(object["spec"]?["hosts"] == ["edition.cnn.com", "mine.cnn.com"])
        #expect(object["spec"]?["exportTo"] == ["."])
        #expect(object["metadata"]?["resourceVersion"] == "42")
        #expect(model.layers.isEmpty)
        let draft = try #require(model.drafts.first)
        #expect(update(&model, .changeFinished(request, .done(object: object, warnings: []))).removed == [draft.id])
    }

    @Test(arguments: [(120, 40), (80, 24), (40, 10), (20, 5)]) func aFieldInTwoWaysIsChosen(_ size: (Int, Int)) throws {
        var (model, _) = try refused(size.0, size.1, keys: "e<Tab><Tab><C-u>8080<C-s>") {
            $0["spec"]?["ports"] = [["number": 81, "name": "http-80", "protocol": "HTTP"]]
        }
        model.press(" m")
        let request = try #require(model.press("y").applied.first)
        #expect(request.object?["spec"]?["ports"]?[0]?["number"] == 8080)
        #expect(request.object?["spec"]?["ports"]?.arrayValue?.count == 1)
    }

    @Test func mineMayTakeThePlaceOfTheirs() throws {
        var (model, _) = try refused { $0["spec"]?["hosts"] = ["theirs.cnn.com"] }
        model.press("o")
        // It is reviewed anew, and Cancel comes back to the conflict.
        model.press("<Enter>")
        #expect(model.layers.last is ConflictLayer)
        let request = try #require(model.press("oy").applied.first)
        #expect(request.object?["spec"]?["hosts"] == ["edition.cnn.com", "mine.cnn.com"])
        #expect(request.object?["metadata"]?["resourceVersion"] == "42")
    }

    @Test func mineMayBeDropped() throws {
        var (model, _) = try refused { $0["spec"]?["hosts"] = ["theirs.cnn.com"] }
        let effects = model.press("d")
        #expect(effects.removed.count == 1 && effects.applied.isEmpty)
        #expect(model.layers.isEmpty && model.drafts.isEmpty && model.progress.isEmpty)
    }

    @Test func laterKeepsMine() throws {
        var (model, _) = try refused { $0["spec"]?["hosts"] = ["theirs.cnn.com"] }
        #expect(model.press("<Esc>").written.count == 1)
        #expect(model.drafts.first?.form.rows[.hosts]?.count == 2)
        // So does it with a change that no form made.
        (model, _) = try refused(keys: "t") { $0["spec"]?["hosts"] = ["theirs.cnn.com"] }
        let draft = try #require(model.press("<Esc>").written.first)
        let labels = draft.form.built().object["metadata"]?["labels"]
        #expect(labels?["istio.io/rev"] == "meshtop-disabled")
    }

    @Test func whatWasDeletedMayBeMadeAnew() throws {
        var (model, id) = try refused { _ in }
        _ = update(&model, .read(id: id, [Self.cnn: .absent]))
        #expect(model.screen.contains("Deleted meanwhile"))
        model.press("m")
        let request = try #require(model.press("oy").applied.first)
        guard case .create(let object) = request.action else {
            Issue.record("\(request.action)")
            return
        }
        #expect(object["metadata"]?["resourceVersion"] == nil)
    }

    @Test func whoIsInTheMiddleOfSomethingIsNotInterrupted() throws {
        var model = World.model(focus: .entries)
        let request = try #require(model.press("ty").applied.first)
        model.press("/cn")
        let effects = update(&model, .changeFinished(request, .failed(message: "modified", isConflict: true)))
        #expect(effects.readID == request.id)
        #expect(model.layers.last is PromptLayer)
        model.press("<Enter>")
        #expect(model.layers.last is ConflictLayer)
    }
}
