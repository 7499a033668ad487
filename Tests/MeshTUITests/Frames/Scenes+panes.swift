import FoundationEssentials
import MeshState

@testable import MeshTUI

extension FrameScene {
    /// Every pane of the product with its rows, alone and in the grid, and what it says of one of them.
    static let panes: [FrameScene] =
        [FrameScene("grid")]
        + Panes.all.map { pane in
            FrameScene("pane-\(pane.id.name)", pane.id, mesh: World.whole) { zoom(&$0) }
        }
        + Panes.all.map { pane in
            FrameScene("details-\(pane.id.name)", pane.id, mesh: World.whole) { model in
                for case .ask(let question) in model.press("<Enter>") {
                    _ = update(&model, .answered(question, World.answer(to: question)))
                }
            }
        } + [
            FrameScene("details-asked", .blocked, "<Enter>"),
            FrameScene("details-not-answered", .blocked) { model in
                for case .ask(let question) in model.press("<Enter>") {
                    _ = update(&model, .notAnswered(question, "list virtualservices: forbidden for olga"))
                }
            },
            FrameScene("details-without-events", .entries) { model in
                for case .ask(let question) in model.press("<Enter>") {
                    let findings = Findings(lines: ["no pod has a sidecar"], events: .failed("list events: forbidden"))
                    _ = update(&model, .answered(question, findings))
                }
                model.press("G")
            },
            FrameScene("details-gone", .entries, "<Enter>") { model in
                _ = update(&model, .snapshot(World.snapshot { $0.entries.removeFirst() }))
            },
            FrameScene("details-temporary", .entries, "<Enter>", mesh: { $0.entries[0] = World.temporary }),
            FrameScene("details-undone", .log, "jjj<Enter>", mesh: World.whole),
            FrameScene("details-conflict", .log, "jj<Enter>", mesh: World.whole),
            FrameScene("describe", .entries, "d"),
            FrameScene("yaml", .entries, "y"),
            FrameScene("yaml-blocked", .blocked, "y"),
            FrameScene("blocked-reasons", .blocked, mesh: World.blockForEveryReason) { zoom(&$0) },
            FrameScene("blocked-watched", .blocked, "w"),
            FrameScene("entries-temporary", .entries, mesh: { $0.entries[0] = World.temporary }) { zoom(&$0) },
            FrameScene("entries-marked", .entries, " j "),
            FrameScene("entries-many", .entries, "jj", mesh: World.many) { zoom(&$0) },
            FrameScene("connections-sideways", .connections, "lll"),
            FrameScene("egress-allow-any", .egress, mesh: { snapshot in
                World.whole(&snapshot)
                snapshot.policy = .allowAny
            }),
        ]

    private static func zoom(_ model: inout AppModel) {
        model.isZoomed = true
        _ = update(&model, .resize(model.size))
    }

    /// What every pane says where it has no rows, for each reason that there is.
    static let empties: [FrameScene] = EmptyState.allCases.flatMap { state in
        Panes.all.filter { state.concerns($0) }.map { pane in
            // The four of the grid are seen together where there is room.
            FrameScene("\(state.rawValue)-\(pane.id.name)", building: { try state.model($0, focus: pane.id) })
        }
    }
}

/// Why a pane has no rows.
enum EmptyState: String, CaseIterable {
    case connecting, pausedAtStart = "paused-at-start", loading, none, partial, stale, denied, unreachable, filtered

    /// Whether it can befall the pane: what meshtop itself does is always known.
    func concerns(_ pane: any Pane) -> Bool {
        switch self {
        case .partial, .stale, .denied, .unreachable: !pane.isFed(by: .meshtop)
        case .connecting, .pausedAtStart, .loading, .none, .filtered: true
        }
    }

    /// A mesh that has nothing, from sources in this state.
    private func snapshot() -> MeshSnapshot {
        var sources = World.sources()
        for (place, id) in sources.keys.sorted().enumerated() {
            switch self {
            case .loading: sources[id] = SourceState(interval: 1)
            case .denied:
                let reason = "list serviceentries.networking.istio.io: forbidden for system:anonymous"
                sources[id] = SourceState(condition: .denied(reason: reason), interval: 1)
            case .unreachable:
                let reason = "istiod 10.0.0.4:15014 refused the connection"
                let retryAt = World.now.addingTimeInterval(8)
                sources[id] = SourceState(
                    condition: .failing(reason: reason, attempt: 3, retryAt: retryAt), interval: 1)
            case .partial where place % 2 == 0, .stale:
                sources[id]?.condition = .failing(reason: "no route to host", attempt: 1, retryAt: nil)
                if self == .stale { sources[id]?.interval = 1 }
            default: break
            }
        }
        return MeshSnapshot(
            time: World.now, identity: MeshIdentity(context: "lab", server: "", namespace: "default"),
            policy: .registryOnly, sources: sources)
    }

    func model(_ size: Size, focus: PaneID) throws -> AppModel {
        var model = AppModel(size: size, now: World.now, contextName: "lab", user: "olga")
        switch self {
        case .connecting: break
        case .pausedAtStart:
            model.press("p")
            _ = update(&model, .snapshot(World.snapshot()))
        case .filtered:
            model = World.model(size.columns, size.rows, World.whole)
        default: _ = update(&model, .snapshot(snapshot()))
        }
        model.press(String(focus.number))
        if self == .filtered { model.press("/nowhere<Enter>") }
        if self == .stale { _ = update(&model, .tick(World.now.addingTimeInterval(14))) }
        return model
    }
}
