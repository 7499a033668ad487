import Foundation
import MeshState
import Testing

@testable import MeshTUI

/// Thousands of events in a random but repeatable order: whatever comes, the screen stays whole and the selection true.
@Suite struct RandomTests {
    /// SplitMix64, so that a seed gives the same run everywhere.
    struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }

    private static let hosts = [
        "mysql.example.com", "日本語.example", "e\u{301}x.org", "👩‍👩‍👧.net", "a", "\u{202E}evil",
        String(repeating: "long.", count: 40),
    ]

    private static func event(_ random: inout Generator, _ now: inout Date) -> Event {
        switch Int.random(in: 0..<20, using: &random) {
        case 0:
            return .resize(
                Size(columns: .random(in: 0...130, using: &random), rows: .random(in: 0...42, using: &random)))
        case 1, 2:
            now.addTimeInterval(Double.random(in: 0...4, using: &random))
            return .tick(now)
        case 3, 4, 5: return .snapshot(snapshot(&random, now))
        case 6: return .message(hosts.randomElement(using: &random) ?? "", isError: .random(using: &random))
        default:
            let keys = KeyTable.bindings.flatMap(\.keys) + [.backspace, .delete, .insert, .function(12)]
            if Int.random(in: 0..<4, using: &random) == 0 {
                return .key(.character("abcXYZ019~!|:/日é ".randomElement(using: &random) ?? "a"))
            }
            return .key(keys.randomElement(using: &random) ?? .enter)
        }
    }

    private static func snapshot(_ random: inout Generator, _ now: Date) -> MeshSnapshot {
        var made = random
        let snapshot = World.snapshot { snapshot in
            snapshot.time = now
            func some(_ most: Int) -> [Int] { (0..<most).filter { _ in Bool.random(using: &made) } }
            func host() -> String { hosts.randomElement(using: &made) ?? "" }
            snapshot.services = some(40).map { World.service("svc-\($0)", live: .random(in: 0...9, using: &made)) }
            snapshot.entries = some(9).map {
                World.entry(
                    "entry-\($0)", [hosts[$0 % hosts.count]], ports: [(443, "TLS")],
                    version: "\(Int.random(in: 0...3, using: &made))")
            }
            snapshot.connections = some(30).map {
                World.connection(
                    "w-\($0)", "outbound|80||\(hosts[$0 % hosts.count])", live: $0, connections: UInt64($0))
            }
            snapshot.blocked = some(20).map {
                World.blocked(
                    "w-\($0)", hosts[$0 % hosts.count], 80, .http, destination: "203.0.113.\($0):80",
                    name: Bool.random(using: &made) ? host() : nil,
                    source: .authority, count: .random(in: 1...5000, using: &made), first: 90, last: Double($0))
            }
            snapshot.sources = World.sources(at: now.addingTimeInterval(-Double.random(in: 0...9, using: &made)))
            for source in snapshot.sources.keys.sorted() where Int.random(in: 0..<8, using: &made) == 0 {
                snapshot.sources[source]?.condition =
                    [
                        .connecting, .denied(reason: "forbidden"),
                        .failing(reason: "refused", attempt: 2, retryAt: now),
                    ].randomElement(using: &made) ?? .live
            }
        }
        random = made
        return snapshot
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func anything(_ seed: UInt64) { #expect(Self.problem(seed) == nil) }

    /// Seeds one after the other for as many seconds as MESHTOP_RANDOM_SECONDS says.
    @Test func anythingForAsLongAsIsAsked() {
        let seconds = ProcessInfo.processInfo.environment["MESHTOP_RANDOM_SECONDS"].flatMap(Double.init) ?? 0
        let end = ContinuousClock.now + .seconds(seconds)
        var seed: UInt64 = 100
        while ContinuousClock.now < end {
            #expect(Self.problem(seed) == nil)
            seed += 1
        }
        if seconds > 0 { print("\(seed - 100) seeds of 700 events") }
    }

    /// What went wrong with a run of 700 events; nil when nothing did.
    private static func problem(_ seed: UInt64) -> String? {
        var random = Generator(state: seed)
        var now = World.now
        var model = AppModel(size: Size(columns: 80, rows: 24), now: now, contextName: "lab", user: "olga")
        var open: [ChangeRequest] = []
        for step in 0..<700 {
            let event = Self.event(&random, &now)
            let before = model
            for effect in update(&model, event) {
                if case .apply(let request) = effect { open.append(request) }
                if case .applyTogether(let requests) = effect { open += requests }
            }
            if Int.random(in: 0..<10, using: &random) == 0, let request = open.popLast() {
                let result: ChangeResult =
                    Bool.random(using: &random)
                    ? .done(object: .null, warnings: ["careful"]) : .failed(message: "no", isConflict: true)
                _ = update(&model, .changeFinished(request, result))
            }
            let unicode = step.isMultiple(of: 2)
            let frame = render(model, size: model.size, capabilities: Capabilities(colors: .mono, unicode: unicode))
            if let problem = Self.problem(frame, unicode: unicode) ?? Self.problem(model, before, event) {
                return "seed \(seed), step \(step), after \(event): \(problem)"
            }
        }
        return nil
    }

    /// Every row is exactly as wide as the frame, and nothing in it moves the terminal's cursor.
    private static func problem(_ frame: Frame, unicode: Bool) -> String? {
        for row in 0..<frame.size.rows {
            var columns = 0
            for column in 0..<frame.size.columns {
                let text = frame[column, row].text
                if text.isEmpty {
                    guard column > 0, frame[column - 1, row].text.columns == 2 else {
                        return "half a character at \(column),\(row)"
                    }
                    continue
                }
                if text.unicodeScalars.contains(where: { CharacterWidth.of($0) == nil }) {
                    return "a control character"
                }
                if !unicode, !text.unicodeScalars.allSatisfy(\.isASCII) { return "\(text) in ASCII" }
                columns += text.columns
            }
            if columns != frame.size.columns { return "row \(row) is \(columns) wide, not \(frame.size.columns)" }
        }
        return nil
    }

    /// The selection is a row that is there; only keys move it, and a snapshot only when its row has gone.
    private static func problem(_ model: AppModel, _ before: AppModel, _ event: Event) -> String? {
        for pane in Panes.all {
            let state = model[pane.id]
            if let selection = state.selection, !state.rows.contains(where: { $0.id == selection }), !state.rows.isEmpty
            {
                return "\(pane.id.name) selects a row that is not there"
            }
            if state.top < 0 || state.top > max(0, state.rows.count - 1) {
                return "\(pane.id.name) is scrolled to \(state.top)"
            }
            if case .key = event { continue }
            if let old = before[pane.id].selection, state.selection != old, state.rows.contains(where: { $0.id == old })
            {
                return "\(pane.id.name) lost its selection"
            }
            let visible = model.visibleRows(of: pane.id)
            if visible > 0, let index = state.selectedIndex, !(state.top..<state.top + visible).contains(index) {
                return "\(pane.id.name) does not show its selection"
            }
        }
        return nil
    }
}
