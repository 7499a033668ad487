import FoundationEssentials
import MeshState
import Testing

@testable import MeshTUI

/// Whole screens, cell by cell.
@Suite struct ScreenTests {
    @Test(arguments: [(120, 40), (80, 24), (40, 10), (20, 5)], [true, false])
    func panes(_ size: (Int, Int), unicode: Bool) throws {
        let isSplit = size.0 >= Layout.smallest.columns
        for pane in isSplit ? [Panes.pane(.blocked)] : Panes.all {
            let model = World.model(size.0, size.1, focus: pane.id)
            try Golden.check(model, "\(pane.id.name)-\(size.0)x\(size.1)\(unicode ? "" : "-ascii")", unicode: unicode)
        }
    }

    @Test(arguments: Panes.all.map(\.id))
    func zoomed(_ pane: PaneID) throws {
        var model = World.model(120, 12, focus: pane)
        model.type("z")
        try Golden.check(model, "zoom-\(pane.name)")
    }

    @Test(arguments: Panes.all.dropFirst(4).map(\.id), [true, false])
    func outsideTheGrid(_ pane: PaneID, unicode: Bool) throws {
        for (columns, rows) in [(120, 40), (80, 24)] {
            let model = World.model(columns, rows, focus: pane) { World.enliven(&$0) }
            try Golden.check(model, "\(pane.name)-\(columns)x\(rows)\(unicode ? "" : "-ascii")", unicode: unicode)
        }
    }

    @Test func sideways() throws {
        var model = World.model(80, 24, focus: .connections)
        model.type("lll")
        try Golden.check(model, "sideways")
    }

    // MARK: The five texts instead of rows

    @Test func beforeTheFirstSnapshot() throws {
        try Golden.check(
            AppModel(size: Size(columns: 80, rows: 24), now: World.now, contextName: "lab", user: "olga"), "connecting")
    }

    @Test func loading() throws {
        var model = AppModel(size: Size(columns: 80, rows: 24), now: World.now, contextName: "lab", user: "olga")
        var sources = World.sources().mapValues { _ in SourceState(interval: 1) }
        sources[.istiod] = nil
        _ = update(&model, .snapshot(Self.empty(sources)))
        try Golden.check(model, "loading")
    }

    @Test func empty() throws {
        var model = AppModel(size: Size(columns: 80, rows: 24), now: World.now, contextName: "lab", user: "olga")
        _ = update(&model, .snapshot(Self.empty(World.sources())))
        try Golden.check(model, "empty")
    }

    @Test func denied() throws {
        let sources = World.sources().mapValues { _ in
            SourceState(
                condition: .denied(reason: "list serviceentries.networking.istio.io: forbidden for system:anonymous"),
                interval: 1)
        }
        var model = AppModel(size: Size(columns: 80, rows: 24), now: World.now, contextName: "lab", user: "olga")
        _ = update(&model, .snapshot(Self.empty(sources)))
        try Golden.check(model, "denied")
    }

    @Test func unreachable() throws { try Golden.check(Self.unreachableMesh(), "unreachable") }

    static func unreachableMesh() -> AppModel {
        let sources = World.sources().mapValues { _ in
            SourceState(
                condition: .failing(
                    reason: "istiod 10.0.0.4:15014 refused the connection", attempt: 3,
                    retryAt: World.now.addingTimeInterval(8)),
                interval: 1)
        }
        var model = AppModel(size: Size(columns: 80, rows: 24), now: World.now, contextName: "lab", user: "olga")
        _ = update(&model, .snapshot(empty(sources)))
        return model
    }

    @Test func filteredToNothing() throws {
        var model = World.model(80, 24, focus: .blocked)
        model.type("/nowhere")
        model.type(.enter)
        try Golden.check(model, "filtered-to-nothing")
    }

    static func empty(_ sources: [SourceID: SourceState]) -> MeshSnapshot {
        MeshSnapshot(
            time: World.now, identity: MeshIdentity(context: "lab", server: "", namespace: "default"),
            policy: .registryOnly, sources: sources)
    }

    // MARK: Old data

    @Test func stale() throws {
        var model = World.model(80, 24, focus: .blocked)
        _ = update(
            &model,
            .snapshot(
                World.snapshot { snapshot in
                    for source in snapshot.sources.keys where source != .istiod {
                        snapshot.sources[source]?.condition = .failing(
                            reason: "connection refused", attempt: 4, retryAt: nil)
                        snapshot.sources[source]?.interval = 1
                    }
                }))
        _ = update(&model, .tick(World.now.addingTimeInterval(14)))
        try Golden.check(model, "stale")
    }

    @Test func oneProxyUnreachable() throws {
        let model = World.model(120, 24, focus: .connections) { snapshot in
            snapshot.sources[.admin(World.proxy("sleep"))]?.condition = .failing(
                reason: "no route to host", attempt: 1, retryAt: nil)
            snapshot.proxies[0].rejection = "Error adding/updating listener(s)"
        }
        try Golden.check(model, "partial")
    }

    @Test func paused() throws {
        var model = World.model(80, 24, focus: .blocked)
        model.type("p")
        let later = World.now.addingTimeInterval(41)
        _ = update(
            &model,
            .snapshot(
                World.snapshot { snapshot in
                    snapshot.time = later
                    snapshot.blocked[0].count = 99
                    snapshot.services.removeLast()
                    snapshot.sources = World.sources(at: later)
                }))
        try Golden.check(model, "paused")
    }

    @Test func readOnly() throws {
        var model = World.model(80, 24, focus: .entries)
        model.type("Lt")
        try Golden.check(model, "read-only")
    }

    // MARK: Filter, help, texts

    @Test func filterPrompt() throws {
        var model = World.model(80, 24, focus: .blocked)
        model.type("/goo|mysql !8443")
        try Golden.check(model, "filter-prompt")
        model.type(.enter)
        try Golden.check(model, "filter")
    }

    @Test func emptyPrompt() throws {
        var model = World.model(80, 24, focus: .connections)
        model.type("/")
        try Golden.check(model, "filter-prompt-empty")
    }

    @Test func help() throws {
        var model = World.model(80, 24, focus: .connections)
        model.type("?")
        try Golden.check(model, "help")
        model.type("sort")
        try Golden.check(model, "help-search")
    }

    @Test func sortMenu() throws {
        var model = World.model(80, 24, focus: .connections)
        model.type("sjj")
        try Golden.check(model, "sort-menu")
    }

    @Test func yaml() throws {
        var model = World.model(80, 24, focus: .entries)
        model.type("y")
        try Golden.check(model, "yaml")
        model.type("/port")
        model.type(.enter)
        model.type("n")
        try Golden.check(model, "yaml-search")
    }

    @Test(arguments: Panes.all.map(\.id))
    func details(_ pane: PaneID) throws {
        var model = World.model(80, 24, focus: pane)
        model.type(.enter)
        try Golden.check(model, "details-\(pane.name)")
    }

    @Test func describe() throws {
        var model = World.model(80, 24, focus: .entries)
        model.type("d")
        try Golden.check(model, "describe")
    }
}
