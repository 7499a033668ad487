import FoundationEssentials
import MeshState
import Testing

@testable import MeshTUI

/// From a row to what it refers to, and back.
@Suite struct FindTests {
    @Test func fromABlockedCallToItsEntryAndBack() {
        var model = World.model(focus: .blocked) { snapshot in
            snapshot.blocked[0].reason = .entryOff(snapshot.entries[1].id)
        }
        model.type("J")
        #expect(model.layers.count == 1)
        model.type(.enter)
        #expect(model.focus == .entries)
        #expect(model.current.selection == .object(World.snapshot().entries[1].id))
        model.type("B")
        #expect(model.focus == .blocked)
        #expect(model.current.selection == .blocked(World.mysql.id))
        model.type("B")
        #expect(model.message?.text == "B: there was no jump")
    }

    @Test func fromAnEntryToItsConnectionAndItsProxy() {
        var model = World.model(focus: .entries)
        model.type("J")
        // The one connection through the entry is gone to at once.
        #expect(model.focus == .connections)
        #expect(model.current.selected.map { World.snapshot().connections[$0.index].workload } == "sleep")
        model.type("Jj")
        model.type(.enter)
        #expect(model.focus == .proxies)
        #expect(model.current.selection == .proxy(World.proxy("sleep")))
        model.type("BB")
        #expect(model.focus == .entries)
    }

    @Test func fromDetailsAndThroughAFilter() {
        var model = World.model(focus: .connections)
        model.type("/nothing")
        model.type(.enter, .character("2"), .enter, .character("J"))
        #expect(model.layers.isEmpty)
        #expect(model.focus == .connections && model.current.filter.isEmpty)
        #expect(model.message?.text == "The filter hid it and is cleared")
    }

    @Test func aRowThatRefersToNothingSaysSo() {
        var model = World.model(focus: .services) { $0.connections = [] }
        model.type("J")
        #expect(model.message?.text == "J: it refers to nothing that is shown")
    }

    @Test func aFollowedRowStaysWhateverTheFilterSays() {
        var model = World.model()
        model.type("jF/reviews")
        model.type(.enter)
        #expect(model.current.rows.count == 2)
        #expect(model.current.rows.contains { $0.id == model.current.selection })
        model.type("F")
        #expect(model.current.rows.count == 1)
    }

    @Test func aStreamHasTheNewestAtTheBottomUntilAMove() {
        var model = World.model(80, 24, focus: .blocked)
        model.type("w")
        func newer(_ seconds: Double) -> MeshSnapshot {
            World.snapshot { snapshot in
                snapshot.time = World.now.addingTimeInterval(seconds)
                for number in 0..<Int(seconds) {
                    snapshot.blocked.append(
                        World.blocked(
                            "w-\(number)", "203.0.113.\(number)", 80, .tcp, destination: "203.0.113.\(number):80",
                            name: nil, source: nil, count: 1, first: 0, last: -Double(number)))
                }
            }
        }
        for seconds in [5.0, 9, 20] {
            _ = update(&model, .snapshot(newer(seconds)))
            #expect(model.current.rows.last.map { newer(seconds).blocked[$0.index].id.workload } == "w-\(Int(seconds) - 1)")
            #expect(model.current.top + model.visibleRows(of: .blocked) == model.current.rows.count)
        }
        model.type("k")
        #expect(!model.current.isWatching)
        let selected = model.current.selection
        _ = update(&model, .snapshot(newer(30)))
        #expect(model.current.selection == selected)
        model.type("ww")
        #expect(model.current.sort == BlockedPane().defaultSort)
    }

    @Test func detailsAskTheConfigurationOnceAndAgainWhenItChanges() throws {
        var model = World.model(focus: .blocked)
        let effects = model.type(.enter)
        guard case .ask(let question) = try #require(effects.first) else { return }
        #expect(effects.count == 1)
        // More calls of the same kind change nothing.
        #expect(update(&model, .snapshot(World.snapshot { $0.blocked[0].count = 99 })) == [])
        _ = update(&model, .answered(question, Findings(lines: ["BLOCKED: nothing knows it", "", "1  sidecar"])))
        let shown = render(model, size: model.size, capabilities: Capabilities(colors: .mono, unicode: true))
        #expect(Golden.text(shown).contains("BLOCKED: nothing knows it"))
        let again = update(&model, .snapshot(World.snapshot { $0.entries.removeLast() }))
        #expect(again.count == 1 && again != effects)
        model.type(.escape)
        #expect(model.answers.isEmpty)
    }

    @Test func theDetailsOfAnEntryHaveItsEvents() throws {
        var model = World.model(focus: .entries)
        guard case .ask(let question) = try #require(model.type(.enter).first) else { return }
        #expect(question.object == World.cnn)
        func shown(_ events: Findings.Events) -> String {
            _ = update(&model, .answered(question, Findings(lines: ["seen from sleep"], events: events)))
            model.type("G")
            return Golden.text(
                render(model, size: model.size, capabilities: Capabilities(colors: .mono, unicode: true)))
        }
        let event = ObjectEvent(
            isWarning: true, reason: "Unreachable", message: "no endpoint answers", source: "prober", count: 3,
            last: World.ago(200))
        let text = shown(.known([event]))
        #expect(text.contains("Events"))
        #expect(text.contains("3m ago"))
        #expect(text.contains("! Unreachable: no endpoint answers ×3 (prober)"))
        #expect(shown(.known([])).contains("none"))
        #expect(shown(.failed("events: forbidden")).contains("events: forbidden"))
    }

    @Test func sparklinesAreAsHighAsTheirHighestValue() {
        #expect(Sparkline.text(RateHistory([0, 1, 2, 4, 8]), columns: 6) == "  ▂▃▅█")
        #expect(Sparkline.text(RateHistory([0, 0]), columns: 3) == "   ")
        #expect(RateHistory([0, 0, 1, 0]).values == [1, 0])
        let long = RateHistory((0..<100).map(Double.init))
        #expect(long.values.count == RateHistory.capacity && long.values.last == 99)
        #expect(RateHistory([1] + Array(repeating: 0, count: 60)).values == [])
    }

    /// From a blocked row to a live connection, and from an entry to off.
    @Test func fewKeysLeadThere() throws {
        var model = World.model(focus: .blocked)
        var keys = 0
        func press(_ key: Key) -> [Effect] {
            keys += 1
            return model.type(key)
        }
        _ = press(.character("a"))
        let allow = try #require(press(.character("y")).first)
        guard case .apply(let request) = allow else { return }
        _ = update(&model, .changeFinished(request, .done(object: request.object ?? .null, warnings: [])))
        _ = update(
            &model,
            .snapshot(
                World.snapshot {
                    $0.connections.append(
                        World.connection(
                            "ratings-v2-mysql", "outbound|3306||mysql.example.com", live: 1, connections: 1))
                }))
        #expect(model.progress.values.first?.stage == .flowing(connections: 1))
        #expect(keys <= 3)

        model = World.model(focus: .entries)
        keys = 0
        _ = press(.character("t"))
        guard case .apply(let off) = try #require(press(.character("y")).first) else { return }
        #expect(keys <= 2)
        #expect(off.summary.contains("off") || off.summary.contains("cnn"))
    }
}
