import FoundationEssentials
import MeshState
import Testing

@testable import MeshTUI

/// From a blocked row to a connection that flows, and an entry off and on again.
@Suite struct ChangeTests {
    private static let row = RowID.blocked(World.mysql.id)

    private func sent(_ effects: [Effect]) -> ChangeRequest? {
        effects.lazy.compactMap { if case .apply(let request) = $0 { request } else { nil } }.first
    }

    private func cell(_ model: AppModel, _ row: RowID = Self.row) -> String? { model.progress[row]?.cell.text }

    @Test func allowingTakesThreePressesAtMost() {
        for keys in [
            [Key.character("a"), .tab, .enter], [.character("a"), .character("y")], [.character("a"), .character("p")],
        ] {
            var model = World.model(focus: .blocked)
            #expect(sent(model.type(keys[0])) == nil)
            let effects = keys.dropFirst().flatMap { model.type($0) }
            #expect(sent(effects)?.summary == "allow mysql.example.com:3306")
            #expect(model.layers.isEmpty)
        }
    }

    @Test func cancelIsTheDefault() {
        for keys in [
            [Key.enter], [.escape], [.character("n")], [.character("c")], [.character("q")], [.tab, .tab, .enter],
            [.right, .left, .enter],
        ] {
            var model = World.model(focus: .blocked)
            model.type("a")
            for key in keys { #expect(sent(model.type(key)) == nil) }
            #expect(model.layers.isEmpty && model.progress.isEmpty)
        }
    }

    @Test func theSameKeyAgainDoesNotApply() {
        for (pane, key) in [
            (PaneID.blocked, Key.character("a")), (.entries, .character("t")), (.entries, .function(9)),
        ] {
            var model = World.model(focus: pane)
            for _ in 0..<5 { #expect(sent(model.type(key)) == nil) }
            #expect(model.layers.count == 1)
        }
    }

    @Test func theRowSaysPendingThenAllowedThenFlows() throws {
        var model = World.model(focus: .blocked)
        let applied = model.changes(by: .character("a"))
        #expect(applied.state["layers"] == "Allow mysql.example.com:3306 marked false")
        let pressed = model.changes(by: .character("y"))
        let request = try #require(sent(pressed.effects))
        #expect(pressed.effects.count == 1)
        #expect(pressed.state == ["layers": "", "progress": "allow mysql.example.com:3306: pending"])
        #expect(cell(model) == "◌ pending")

        let object = try #require(request.object)
        let answered = model.changes(by: .changeFinished(request, .done(object: object, warnings: [])))
        #expect(answered.effects == [])
        #expect(cell(model) == "◌ allowed; waiting for proxies")

        // Traffic of another workload through the entry is no proof for this one.
        _ = update(&model, .snapshot(snapshot("sleep", connections: 5, live: 1)))
        #expect(cell(model) == "◌ allowed; waiting for proxies")
        _ = update(&model, .snapshot(snapshot("ratings-v2-mysql", connections: 0, live: 0)))
        #expect(cell(model) == "◌ allowed; waiting for proxies")
        _ = update(&model, .snapshot(snapshot("ratings-v2-mysql", connections: 1, live: 1)))
        #expect(cell(model) == "● flows, 1 connection")
        _ = update(&model, .snapshot(snapshot("ratings-v2-mysql", connections: 3, live: 0)))
        #expect(cell(model) == "● flows, 3 connections")
    }

    private func snapshot(_ workload: String, connections: UInt64, live: Int) -> MeshSnapshot {
        World.snapshot { snapshot in
            snapshot.connections.append(
                World.connection(workload, "outbound|3306||mysql.example.com", live: live, connections: connections))
        }
    }

    @Test func connectionsFromBeforeAreNoProof() throws {
        var model = World.model(focus: .blocked)
        _ = update(&model, .snapshot(snapshot("ratings-v2-mysql", connections: 7, live: 0)))
        let request = try #require(sent(model.type("ay")))
        _ = update(&model, .changeFinished(request, .done(object: request.object ?? .null, warnings: [])))
        #expect(cell(model) == "◌ allowed; waiting for proxies")
        // A proxy that is silent for a while proves nothing either.
        _ = update(&model, .snapshot(World.snapshot()))
        _ = update(&model, .snapshot(snapshot("ratings-v2-mysql", connections: 7, live: 0)))
        #expect(cell(model) == "◌ allowed; waiting for proxies")
        _ = update(&model, .snapshot(snapshot("ratings-v2-mysql", connections: 9, live: 0)))
        #expect(cell(model) == "● flows, 2 connections")
        // Counters that have started anew count from nothing.
        _ = update(&model, .snapshot(snapshot("ratings-v2-mysql", connections: 1, live: 0)))
        _ = update(&model, .snapshot(snapshot("ratings-v2-mysql", connections: 4, live: 0)))
        #expect(cell(model) == "● flows, 3 connections")
    }

    @Test func trafficToAnotherPortOfTheEntryIsNoProof() throws {
        var model = World.model(focus: .blocked) { snapshot in
            snapshot.blocked = [
                World.blocked(
                    "sleep", "edition.cnn.com", 8080, .http, destination: "203.0.113.20:8080", name: "edition.cnn.com",
                    source: .authority,
                    reason: .otherPort(ObjectKey(kind: "ServiceEntry", namespace: "default", name: "cnn")),
                    count: 1, first: 3, last: 3)
            ]
        }
        let row = model.current.rows[0].id
        let request = try #require(sent(model.type("ay")))
        #expect(request.target.name == "cnn")
        _ = update(&model, .changeFinished(request, .done(object: request.object ?? .null, warnings: [])))
        func snapshot(_ cluster: String) -> MeshSnapshot {
            World.snapshot { $0.connections = [World.connection("sleep", cluster, live: 2, connections: 99)] }
        }
        _ = update(&model, .snapshot(snapshot("outbound|80||edition.cnn.com")))
        #expect(cell(model, row) == "◌ allowed; waiting for proxies")
        _ = update(&model, .snapshot(snapshot("outbound|8080||edition.cnn.com")))
        #expect(cell(model, row) == "● flows, 99 connections")
    }

    @Test func aRowWhoseEntryHasEndedSaysSoNoMore() throws {
        var model = World.model(focus: .blocked)
        let request = try #require(sent(model.type("ay")))
        _ = update(&model, .changeFinished(request, .done(object: request.object ?? .null, warnings: [])))
        var entry = World.entry("mysql-example-com", ["mysql.example.com"], ports: [(3306, "TCP")])
        _ = update(&model, .snapshot(World.snapshot { $0.entries.append(entry) }))
        #expect(cell(model) == "◌ allowed; waiting for proxies")
        entry.state = .off(.revisionLabel)
        var off = model
        _ = update(&off, .snapshot(World.snapshot { $0.entries.append(entry) }))
        #expect(off.progress.isEmpty)
        _ = update(&model, .snapshot(World.snapshot()))
        #expect(model.progress.isEmpty)
    }

    @Test func aRowThatIsBlockedAgainSaysSo() throws {
        var model = World.model(focus: .blocked)
        let request = try #require(sent(model.type("ay")))
        _ = update(&model, .changeFinished(request, .done(object: request.object ?? .null, warnings: [])))
        func step(_ seconds: Double, count: Int, reason: BlockedEgress.Reason = .noEntry) {
            _ = update(
                &model,
                .snapshot(
                    World.snapshot { snapshot in
                        snapshot.time = World.now.addingTimeInterval(seconds)
                        snapshot.blocked[0].count = count
                        snapshot.blocked[0].reason = reason
                        snapshot.connections.append(
                            World.connection("ratings-v2-mysql", "outbound|3306||mysql.example.com", connections: 1))
                    }))
        }
        step(1, count: 42)
        #expect(cell(model) == "● flows, 1 connection")
        // The log may be a little late.
        step(3, count: 43)
        step(9, count: 43)
        #expect(cell(model) == "● flows, 1 connection")
        step(10, count: 44, reason: .entryOff(request.target))
        #expect(cell(model) == nil)
        #expect(model.pane.cell("reason", of: 0, in: model.context).text == "entry mysql-example-com is off")
    }

    @Test func theProofMayArriveBeforeTheAnswer() throws {
        var model = World.model(focus: .blocked)
        let request = try #require(sent(model.type("ay")))
        _ = update(&model, .snapshot(snapshot("ratings-v2-mysql", connections: 2, live: 0)))
        #expect(cell(model) == "◌ pending")
        _ = update(&model, .changeFinished(request, .done(object: request.object ?? .null, warnings: [])))
        #expect(cell(model) == "● flows, 2 connections")
    }

    @Test func whatTheAPIRefusesStaysWithItsWords() throws {
        var model = World.model(80, 24, focus: .blocked)
        let request = try #require(sent(model.type("ay")))
        let words =
            "admission webhook \"validation.istio.io\" denied the request: configuration is invalid: "
            + "invalid host name mysql..example.com"
        _ = update(&model, .changeFinished(request, .failed(message: words, isConflict: false)))
        #expect(model.message?.isError == true)
        #expect(model.message?.text.contains(words) == true)
        model.type(.down)
        _ = update(&model, .tick(World.now.addingTimeInterval(60)))
        #expect(cell(model) == "! \(words)")
        // It can be tried again.
        model.type(.up)
        #expect(sent(model.type("ay")) != nil)
    }

    @Test func nothingElseMayBeAskedOfARowWhileAChangeIsPending() {
        var model = World.model(focus: .blocked)
        model.type("ay")
        model.type("a")
        #expect(model.layers.isEmpty)
        #expect(model.message?.text == "a: the last change is not answered yet")
    }

    @Test func switchingOffAndOnAgain() throws {
        var model = World.model(focus: .entries)
        let row = RowID.object(ObjectKey(kind: "ServiceEntry", namespace: "default", name: "cnn"))
        model.type("t")
        let off = try #require(sent(model.type(.tab, .enter)))
        #expect(off.target.name == "cnn")
        guard case .replace(let object) = off.action else {
            Issue.record("\(off.action)")
            return
        }
        #expect(object["metadata"]?["resourceVersion"] == "41")
        #expect(cell(model, row) == "◌ pending")
        _ = update(&model, .changeFinished(off, .done(object: object, warnings: [])))
        func snapshot(_ proxies: Int, _ state: EntrySummary.State) -> MeshSnapshot {
            World.snapshot { snapshot in
                snapshot.entries[0] = World.entry(
                    "cnn", ["edition.cnn.com"], ports: [(80, "HTTP"), (443, "TLS")], state: state, proxies: proxies)
            }
        }
        _ = update(&model, .snapshot(snapshot(3, .off(.revisionLabel))))
        #expect(cell(model, row) == "◌ off; 3 proxies to go")
        _ = update(&model, .snapshot(snapshot(0, .off(.revisionLabel))))
        #expect(cell(model, row) == "○ off in every proxy")
        model.type("t")
        let on = try #require(sent(model.type("y")))
        #expect(on.id != off.id)
        _ = update(&model, .changeFinished(on, .done(object: object, warnings: [])))
        #expect(cell(model, row) == "◌ on; waiting for proxies")
        _ = update(&model, .snapshot(snapshot(7, .on)))
        #expect(cell(model, row) == "● on in 7 proxies")
        _ = update(&model, .tick(World.now.addingTimeInterval(11)))
        #expect(cell(model, row) == nil)
    }

    @Test func theDialogSaysWhenItsObjectHasChangedOrGone() throws {
        var model = World.model(80, 24, focus: .entries)
        model.type("t")
        _ = update(
            &model,
            .snapshot(
                World.snapshot {
                    $0.entries[0] = World.entry("cnn", ["edition.cnn.com"], ports: [(80, "HTTP")], version: "42")
                }))
        #expect(model.screen.contains("changed meanwhile"))
        _ = update(&model, .snapshot(World.snapshot { $0.entries.removeFirst() }))
        #expect(model.screen.contains("deleted meanwhile"))
        // It acts on what it was opened for, whatever is selected by now.
        #expect(sent(model.type("y"))?.target.name == "cnn")
    }

    @Test func oldDataIsToldInTheDialog() {
        var model = World.model(80, 24, focus: .blocked) { snapshot in
            for source in snapshot.sources.keys {
                snapshot.sources[source]?.condition = .failing(reason: "x", attempt: 1, retryAt: nil)
            }
        }
        model.type("a")
        _ = update(&model, .tick(World.now.addingTimeInterval(30)))
        let screen = Golden.text(
            render(model, size: model.size, capabilities: Capabilities(colors: .mono, unicode: true)))
        #expect(screen.contains("! based on data 30s old"))
    }

    @Test func aPassthroughConnectionGetsAnEntry() throws {
        var model = World.model(focus: .connections)
        model.type("/passthrough")
        model.type(.enter)
        let request = try #require(sent(model.type("ay")))
        #expect(request.summary == "allow 198.51.100.7:25")
        #expect(request.object?["spec"]?["addresses"]?[0] == "198.51.100.7/32")
        #expect(request.target.namespace == "default")
    }

    @Test func manyPassthroughAddressesAreNoSuggestion() {
        var model = World.model(focus: .connections) {
            $0.connections[3].endpoints = ["198.51.100.7:25", "198.51.100.8:25"]
        }
        model.type("/passthrough")
        model.type(.enter)
        #expect(model.type("a") == [.log(model.message?.text ?? "")])
        #expect(model.message?.text.hasPrefix("a: the proxy does not tell which one") == true)
    }

    @Test func whatCannotBeAllowedSaysWhy() {
        var model = World.model(focus: .blocked) { $0.blocked[0].reason = .noGatewayRoute }
        model.type("a")
        #expect(model.layers.isEmpty)
        #expect(model.message?.text.contains("egress gateway") == true)
    }

    @Test func connectionsThatAnEntryAllowsAreRefused() {
        var model = World.model(focus: .connections)
        model.type("a")
        #expect(model.layers.isEmpty)
        #expect(model.message?.text == "a: an entry or a service allows this already")
    }
}
