import MeshState
import Testing

@testable import MeshTUI

/// What an operator sees before a change is made.
@Suite struct ReviewTests {
    private static let cnn = ObjectKey(kind: "ServiceEntry", namespace: "default", name: "cnn")

    private func text(_ model: AppModel) -> String {
        Golden.text(render(model, size: model.size, capabilities: Capabilities(colors: .mono, unicode: true)))
    }

    private func number(_ effects: [Effect]) -> Int? {
        effects.lazy.compactMap { if case .read(let id, _) = $0 { id } else { nil } }.first
    }

    /// The entry `cnn` as the API holds it, changed.
    private func current(_ change: (inout JSONValue) -> Void = { _ in }) -> JSONValue {
        var object = World.entry("cnn", ["edition.cnn.com"], ports: [(80, "HTTP"), (443, "TLS")]).entry.object
        change(&object)
        return object
    }

    @Test func openingAsksForTheObjectAndForWhatItWouldDo() {
        var model = World.model(80, 24, focus: .entries)
        let effects = model.type("t")
        guard case .read(let id, let keys)? = effects.first, case .foresee(let same, let changes)? = effects.last else {
            Issue.record("\(effects)")
            return
        }
        #expect(id == same && keys == [Self.cnn] && changes.map(\.summary) == ["switch off cnn"])
        #expect(text(model).contains("working out what it would do…"))
    }

    @Test func theDifferenceIsToWhatTheAPIHoldsNow() throws {
        var model = World.model(120, 40, focus: .entries)
        let id = try #require(number(model.type("t")))
        let moved = current {
            $0["spec"]?["hosts"] = ["edition.cnn.com", "cdn.cnn.com"]
            $0["metadata"]?["resourceVersion"] = "42"
        }
        _ = update(&model, .read(id: id, [Self.cnn: .object(moved)]))
        let shown = text(model)
        #expect(shown.contains("- cdn.cnn.com"))
        #expect(shown.contains("changed meanwhile"))
        #expect(!shown.contains("resourceVersion"))
    }

    @Test func aFailureSaysWhy() throws {
        var model = World.model(120, 40, focus: .entries)
        let id = try #require(number(model.type("t")))
        _ = update(&model, .read(id: id, [Self.cnn: .failed("connection refused")]))
        _ = update(&model, .foreseen(id: id, .failed("pods is forbidden")))
        #expect(text(model).contains("! cannot tell what it would do: pods is forbidden"))
        #expect(text(model).contains("! not compared with the API: connection refused"))
    }

    @Test func whatIsFoundOutForAnotherDialogChangesNothing() throws {
        var model = World.model(120, 40, focus: .entries)
        let first = try #require(number(model.type("t")))
        model.type(.escape)
        model.type("t")
        _ = update(&model, .foreseen(id: first, .failed("old")))
        #expect(!text(model).contains("old"))
    }

    @Test func aNameThatIsTakenIsTold() {
        var model = World.model(120, 40, focus: .blocked)
        let effects = model.type("a")
        guard case .read(let id, let keys)? = effects.first else {
            Issue.record("\(effects)")
            return
        }
        _ = update(&model, .read(id: id, [keys[0]: .object(current())]))
        #expect(text(model).contains("there is one of this name by now"))
    }
}
