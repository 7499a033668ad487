import FoundationEssentials
import MeshState
import Testing

@testable import MeshTUI

/// What was done: shown, undone, and ended when its time is over.
@Suite struct HistoryTests {
    private func model(_ columns: Int = 120, _ rows: Int = 40, focus: PaneID = .log) -> AppModel {
        World.model(columns, rows, focus: focus) { $0.actions = World.actions }
    }

    /// The object of the change that `u` undoes, as the API has it now.
    private func live(_ change: (inout JSONValue) -> Void = { _ in }) throws -> JSONValue {
        var object = try #require(World.actions.first { $0.number == 2 }?.change?.answer)
        object["metadata"]?["resourceVersion"] = "99"
        change(&object)
        return object
    }

    private func undoable(_ model: inout AppModel) throws -> ActionRecord {
        guard case .readForUndo(let actions) = model.type("u").first, let action = actions.first else {
            throw ChangeRefusal("u asks for nothing: \(model.message?.text ?? "")")
        }
        return action
    }

    // MARK: - The log

    @Test func errorsThatAreShownAreLogged() {
        var model = World.model()
        #expect(update(&model, .message("x", isError: true)) == [.log("x")])
        #expect(update(&model, .message("x", isError: false)) == [])
        #expect(model.unlogged.isEmpty)
        #expect(model.type("u") == [.log("u: you have changed nothing that could be undone")])
    }

    // MARK: - Undoing

    @Test func theLastChangeIsUndoneOnWhatThereIsNow() throws {
        var model = model(focus: .entries)
        let action = try undoable(&model)
        #expect(action.number == 2)
        _ = update(&model, .undo([action], [World.cnn: .object(try live())]))
        model.type(.enter)
        #expect(model.layers.isEmpty)

        _ = update(&model, .undo([try undoable(&model)], [World.cnn: .object(try live())]))
        guard case .apply(let request) = model.type("y").first else {
            Issue.record("nothing is applied")
            return
        }
        #expect(request.undoes == 2 && request.summary == "undo allow edition.cnn.com:443 in cnn")
        #expect(request.object?["spec"]?["hosts"] == ["edition.cnn.com", "cnn.com"])
        #expect(request.object?["metadata"]?["resourceVersion"] == "99")
        _ = update(&model, .changeFinished(request, .done(object: .null, warnings: [])))
        #expect(model.progress[.object(World.cnn)]?.isPending == false)
        _ = update(&model, .tick(World.now.addingTimeInterval(11)))
        #expect(model.progress.isEmpty)
    }

    @Test func inTheLogTheSelectedOneIsUndone() throws {
        var model = model()
        model.type("G")
        #expect(try undoable(&model).number == 1)
        model.type("k")
        #expect(try undoable(&model).number == 2)
    }

    @Test func whatMovedIsNotUndone() throws {
        var model = model(focus: .entries)
        let action = try undoable(&model)
        for (reading, words) in [
            (ObjectReading.absent, "u: cnn has been deleted since"),
            (.object(try live { $0["spec"]?["hosts"] = ["x"] }), "u: cnn has been changed since"),
            (.failed("refused the connection"), "u: refused the connection"),
        ] {
            let effects = update(&model, .undo([action], [World.cnn: reading]))
            #expect(model.layers.isEmpty && model.message?.isError == true)
            #expect(model.message?.text.hasPrefix(words) == true, "\(model.message?.text ?? "")")
            #expect(effects == [.log(model.message?.text ?? "")])
        }
    }

    @Test func aLockedConsoleUndoesNothing() {
        var model = model(focus: .entries)
        model.type("L")
        #expect(model.type("u") == [.log("u: changes are locked (L unlocks)")])
    }

    // MARK: - For a while

    private func temporary(_ columns: Int = 120, _ rows: Int = 40) -> AppModel {
        World.model(columns, rows, focus: .entries) { $0.entries[0] = World.temporary }
    }

    @Test func whatIsOverIsEndedByAConsoleThatMayDoSo() {
        let end = World.now.addingTimeInterval(1709)
        var model = temporary()
        #expect(model.nextDue < end)
        #expect(update(&model, .tick(end.addingTimeInterval(-1))) == [])
        #expect(model.nextDue <= end)
        var locked = model
        locked.type("L")
        #expect(update(&locked, .tick(end)) == [])
        #expect(update(&model, .tick(end)) == [.enforce([World.cnn])])
        #expect(update(&model, .tick(end.addingTimeInterval(9))) == [])
        #expect(model.nextDue <= end.addingTimeInterval(10))
        #expect(update(&model, .tick(end.addingTimeInterval(10))) == [.enforce([World.cnn])])
        _ = update(&model, .snapshot(World.snapshot { $0.time = end.addingTimeInterval(11) }))
        #expect(update(&model, .tick(end.addingTimeInterval(30))) == [])
    }

    // MARK: - Looking back

    @Test func keysAskForMoments() {
        var model = World.model()
        #expect(model.type("[") == [.seek(.previous)])
        #expect(model.type("{") == [.seek(.by(-300))])
        #expect(model.type("]") == [.log("]: this is the present ([ looks back)")])
        _ = update(&model, .past(World.earlier))
        #expect(model.type("]") == [.seek(.next)])
        #expect(model.type("}") == [.seek(.by(300))])
    }

    @Test func nothingIsChangedInThePastAndThePresentGoesOn() {
        var model = World.model(focus: .blocked)
        _ = update(&model, .past(World.earlier))
        #expect(model.current.rows.count == 2)
        #expect(model.type("a") == [.log("a: you are looking back (Esc returns to the present)")])
        #expect(model.layers.isEmpty)
        _ = update(&model, .snapshot(World.snapshot { $0.time = World.now.addingTimeInterval(5) }))
        #expect(model.current.rows.count == 2 && model.shown?.time == World.ago(191))
        #expect(model.type(.escape) == [.seek(.present)])
        #expect(model.past == nil && model.current.rows.count == 3)
        #expect(model.shown?.time == World.now.addingTimeInterval(5))
    }

    @Test func theLastStepLeadsToThePresent() {
        var model = World.model(focus: .blocked)
        _ = update(&model, .past(World.earlier))
        _ = update(&model, .past(nil))
        #expect(model.past == nil && model.current.rows.count == 3 && model.lockReason == nil)
    }

    @Test func aRecordingIsShownAsOne() throws {
        var model = AppModel(
            size: Size(columns: 120, rows: 40), now: World.now.addingTimeInterval(86_400), contextName: "lab", user: "olga",
            isReplay: true)
        _ = update(&model, .snapshot(World.snapshot()))
        _ = update(&model, .past(World.snapshot()))
        _ = update(&model, .past(World.earlier))
        _ = update(&model, .past(nil))
        #expect(model.past != nil && model.message?.text == "the recording ends here")
        #expect(model.type(.escape) == [] && model.past != nil)
        #expect(model.type("2t") == [.log("t: this is a recording")])
        #expect(model.type("L").count == 1)
    }
}

/// The field of the dialogs that says for how long.
@Suite struct LastingTests {
    private func title(_ model: AppModel) -> String { (model.layers.last as? ConfirmDialog)?.title ?? "" }

    private func screen(_ model: AppModel) -> String {
        render(model, size: model.size, capabilities: Capabilities(colors: .mono, unicode: true)).text
    }

    private func expiry(_ request: ChangeRequest) -> JSONValue? {
        request.object?["metadata"]?["annotations"]?["meshtop.dev/expires"]
    }

    @Test func anAllowanceCanBeForAWhile() throws {
        var model = World.model(focus: .blocked)
        model.type("af15m")
        model.type(.enter)
        #expect(model.layers.count == 1)
        // The time counts from when it is applied.
        let later = World.now.addingTimeInterval(100)
        _ = update(&model, .tick(later))
        guard case .apply(let request) = model.type("y").first else {
            Issue.record("nothing is applied")
            return
        }
        #expect(request.summary == "allow mysql.example.com:3306 for 15m")
        #expect(expiry(request) == .string(later.addingTimeInterval(900).rfc3339Text))
        #expect(request.object?["metadata"]?["annotations"]?["meshtop.dev/on-expiry"] == "delete")
        #expect(model.progress[.blocked(World.mysql.id)]?.request.id == request.id)
    }

    @Test(arguments: [
        ("5s", "Switch off cnn for 5s"), ("1h30m", "Switch off cnn for 1h30m"), (" 90m ", "Switch off cnn for 1h30m"),
        ("48h", "Switch off cnn for 48h"), ("", "Switch off cnn"), ("for good", "Switch off cnn"),
    ])
    func aTimeIsTyped(_ text: String, _ expected: String) {
        var model = World.model(focus: .entries)
        model.type("tf" + text)
        model.type(.enter)
        #expect(title(model) == expected && model.layers.count == 1)
        #expect(model.history["duration"] == (text.isEmpty ? [] : [text]))
    }

    @Test(arguments: ["5", "5x", "soon", "0s", "-5m", "99999999h"])
    func whatIsNoTimeIsNotTaken(_ text: String) throws {
        var model = World.model(80, 24, focus: .entries)
        model.type("tf" + text)
        model.type(.enter)
        #expect(model.layers.last is PromptLayer)
        #expect(screen(model).contains("takes 90s, 30m, 1h30m or good"))
        model.type(.escape)
        #expect(title(model) == "Switch off cnn")
    }

    @Test func tabOffersSomeAndWhatWasChosenCanBeChanged() {
        var model = World.model(focus: .entries)
        model.type("tf")
        model.type(.tab, .tab, .enter)
        #expect(title(model) == "Switch off cnn for 15m")
        // Nothing typed leaves it as it is.
        model.type("f")
        model.type(.enter)
        #expect(title(model) == "Switch off cnn for 15m")
        model.type("fgood")
        model.type(.enter)
        #expect(title(model) == "Switch off cnn")
    }

    @Test func severalCanBeForAWhileAtOnce() throws {
        var model = World.model(80, 24, focus: .entries)
        model.type(" j tf30m")
        model.type(.enter)
        #expect(title(model) == "Switch off 2 service entries for 30m")
        // Letters press no button there.
        #expect(model.type("y") == [] && model.layers.count == 1)
        model.type("2f1h")
        model.type(.enter)
        #expect(title(model) == "Switch off 2 service entries for 1h")
        // What was typed before stands.
        let requests = model.type(.enter).applied
        #expect(requests.count == 2)
        for request in requests { #expect(expiry(request) == .string(World.now.addingTimeInterval(3600).rfc3339Text)) }
    }

    @Test func whatEndsAlreadyCannotEndOtherwise() {
        var model = World.model(focus: .entries) { $0.entries[0] = World.temporary }
        model.type("tf5m")
        #expect(
            model.type(.enter).contains(.log("f: cnn expires already; first keep it for good, or wait for its end")))
        #expect(title(model) == "Switch off cnn")
    }

    @Test func whatEndsIsKept() throws {
        var model = World.model(80, 24, focus: .entries) { $0.entries[0] = World.temporary }
        model.type("f")
        model.type("f2h")
        model.type(.enter)
        #expect(title(model) == "Keep cnn for 2h")
        guard case .apply(let longer) = model.type("y").first else {
            Issue.record("nothing is applied")
            return
        }
        #expect(expiry(longer) == .string(World.now.addingTimeInterval(7200).rfc3339Text))
        model.progress = [:]
        model.type("f")
        guard case .apply(let request) = model.type("y").first else {
            Issue.record("nothing is applied")
            return
        }
        #expect(request.summary == "keep cnn for good")
        #expect(request.object?["metadata"]?["annotations"] == nil)
        var usual = World.model(focus: .entries)
        #expect(usual.type("f") == [.log("f: cnn stays for good already")])
    }

    @Test func otherDialogsAreForGood() {
        var model = World.model(focus: .entries)
        model.layers = [ConfirmDialog.quit(waitingFor: ["x"])]
        #expect(model.type("f") == [.log("f: this is for good")])
        #expect(!screen(model).contains("how long"))
    }
}
