import FoundationEssentials
import MeshState
import Testing

@testable import MeshTUI

/// How far data can be believed, from the states of its sources.
@Suite struct DataStateTests {
    private static func source(_ condition: SourceState.Condition, age: Double?) -> SourceState {
        SourceState(condition: condition, lastSuccess: age.map(World.ago), interval: 1)
    }

    private static let failing = SourceState.Condition.failing(reason: "refused", attempt: 2, retryAt: nil)
    private static let denied = SourceState.Condition.denied(reason: "forbidden")

    @Test(
        arguments: [
            ([], DataState.loading),
            ([source(.connecting, age: nil)], .loading),
            ([source(.connecting, age: nil), source(failing, age: nil)], .loading),
            ([source(.live, age: 0), source(.connecting, age: nil)], .live),
            ([source(.live, age: 3)], .live),
            ([source(.live, age: 14)], .stale(14, nil)),
            ([source(failing, age: 14), source(failing, age: 4)], .stale(14, "refused")),
            ([source(failing, age: 2)], .partial("unreachable for 2s")),
            ([source(failing, age: 14), source(.live, age: 0)], .partial("1 of 2 proxies unreachable")),
            ([source(failing, age: nil), source(.live, age: 0)], .partial("1 of 2 proxies unreachable")),
            ([source(denied, age: nil), source(.live, age: 0)], .partial("1 of 2 proxies denied")),
            ([source(.live, age: 9), source(.live, age: 0)], .partial("1 of 2 proxies stale")),
            ([source(denied, age: nil), source(denied, age: nil)], .denied("forbidden")),
            ([source(failing, age: nil), source(denied, age: nil)], .unreachable("refused", attempt: 2, retryAt: nil)),
        ] as [([SourceState], DataState)])
    func judged(_ sources: [SourceState], _ expected: DataState) {
        #expect(DataState(sources: sources, noun: "proxies", now: World.now) == expected)
    }

    @Test func eachPaneHasItsOwnSources() {
        var model = World.model(80, 24) { snapshot in
            snapshot.sources[.watch("serviceentries")] = Self.source(Self.denied, age: nil)
        }
        #expect(model[.entries].data == .denied("forbidden"))
        #expect(model[.services].data == .live)
        #expect(model[.connections].data == .live)
        _ = update(&model, .tick(World.now.addingTimeInterval(10)))
        #expect(model[.connections].data == .stale(10, nil))
        #expect(model[.services].data == .live)
    }

    @Test func whilePausedNothingGrowsOld() {
        var model = World.model(80, 24)
        model.type("p")
        _ = update(&model, .tick(World.now.addingTimeInterval(100)))
        #expect(model[.connections].data == .live)
        model.type("p")
        #expect(model[.connections].data == .stale(100, nil))
    }
}
