import FoundationEssentials
import MeshState

@testable import MeshTUI

extension FrameScene {
    /// What the screen says of its data, of the moment, and of what was done.
    static let states: [FrameScene] = [
        FrameScene("filter", .blocked, "/goo|mysql !8443<Enter>"),
        FrameScene("stale", mesh: fail) { model in
            _ = update(&model, .tick(World.now.addingTimeInterval(14)))
        },
        FrameScene("partial", .connections, mesh: { snapshot in
            snapshot.sources[.admin(World.proxy("sleep"))]?.condition = .failing(
                reason: "no route to host", attempt: 1, retryAt: nil)
            snapshot.proxies[0].rejection = "Error adding/updating listener(s)"
        }),
        FrameScene("lost", mesh: { $0.blockedLost = 312 }),
        FrameScene("changed", .connections) { model in
            _ = update(&model, .snapshot(World.snapshot { $0.connections[2].live = 7 }))
        },
        FrameScene("gone", .blocked) { model in
            _ = update(&model, .snapshot(World.snapshot { $0.blocked.removeFirst() }))
        },
        FrameScene("paused", .blocked, "p") { model in
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
        },
        FrameScene("read-only", .entries, "Lt"),
        FrameScene(
            "read-only-forced",
            building: { size in
                var model = AppModel(size: size, now: World.now, contextName: "lab", user: "olga", readOnly: true)
                _ = update(&model, .snapshot(World.snapshot()))
                model.press("4a")
                return model
            }),
        FrameScene("past") { model in _ = update(&model, .past(World.earlier)) },
        FrameScene("replay-end", building: replay),
        FrameScene(
            "replay-earlier",
            building: { size in
                var model = try replay(size)
                _ = update(&model, .past(World.earlier))
                return model
            }),
        FrameScene("message") { model in _ = update(&model, .message("saved to /home/olga/x.txt", isError: false)) },
        FrameScene("allow-pending", .blocked, "ay"),
        FrameScene("allow-applied") { model in try allow(&model) },
        FrameScene("allow-flows") { model in
            try allow(&model)
            _ = update(
                &model,
                .snapshot(
                    World.snapshot {
                        $0.connections.append(
                            World.connection(
                                "ratings-v2-mysql", "outbound|3306||mysql.example.com", live: 3, connections: 3))
                    }))
        },
        FrameScene("allow-refused") { model in try refuseToAllow(&model) },
        FrameScene("details-refused") { model in
            try refuseToAllow(&model)
            model.press("<Enter>")
        },
        FrameScene("toggled-off", .entries) { model in
            let request = try model.press("ty").applied.first.needed("a change")
            _ = update(&model, .changeFinished(request, .done(object: request.object ?? .null, warnings: [])))
            _ = update(
                &model,
                .snapshot(
                    World.snapshot {
                        $0.entries[0] = World.entry(
                            "cnn", ["edition.cnn.com"], ports: [(80, "HTTP"), (443, "TLS")], state: .off(.revisionLabel),
                            proxies: 0)
                    }))
        },
        FrameScene("toggled-on", .entries) { model in
            let request = try model.press("jty").applied.first.needed("a change")
            _ = update(&model, .changeFinished(request, .done(object: request.object ?? .null, warnings: [])))
            _ = update(
                &model,
                .snapshot(
                    World.snapshot {
                        $0.entries[1] = World.entry(
                            "httpbin-ext", ["httpbin.org"], ports: [(80, "HTTP")], proxies: 7)
                    }))
        },
    ]

    @Sendable private static func fail(_ snapshot: inout MeshSnapshot) {
        for source in snapshot.sources.keys where source != .istiod {
            snapshot.sources[source]?.condition = .failing(reason: "connection refused", attempt: 4, retryAt: nil)
            snapshot.sources[source]?.interval = 1
        }
    }

    @Sendable private static func replay(_ size: Size) throws -> AppModel {
        var model = AppModel(
            size: size, now: World.now.addingTimeInterval(86_400), contextName: "lab", user: "olga", isReplay: true)
        _ = update(&model, .snapshot(World.snapshot()))
        _ = update(&model, .past(World.snapshot()))
        model.press("4")
        return model
    }

    private static func allow(_ model: inout AppModel) throws {
        let request = try model.press("ay").applied.first.needed("a change")
        _ = update(&model, .changeFinished(request, .done(object: request.object ?? .null, warnings: [])))
        _ = update(&model, .tick(World.now.addingTimeInterval(6)))
    }

    private static func refuseToAllow(_ model: inout AppModel) throws {
        let request = try model.press("ay").applied.first.needed("a change")
        let words =
            "admission webhook \"validation.istio.io\" denied the request: configuration is invalid: "
            + "invalid host name mysql..example.com"
        _ = update(&model, .changeFinished(request, .failed(message: words, isConflict: false)))
    }

    /// The dialogs that a change goes through.
    static let changes: [FrameScene] = [
        FrameScene("allow", .blocked, "a"),
        FrameScene("allow-apply-marked", .blocked, "a<Tab>"),
        FrameScene("allow-for-15m", .blocked, "af15m<Enter>"),
        FrameScene("allow-for-typing", .blocked, "af15m"),
        FrameScene("allow-for-mistake", .blocked, "af15"),
        FrameScene("keep", .entries, "f", mesh: { $0.entries[0] = World.temporary }),
        FrameScene("allow-on-old-data", .blocked, "a", mesh: fail) { model in
            _ = update(&model, .tick(World.now.addingTimeInterval(30)))
        },
        FrameScene("toggle-off", .entries, "t"),
        FrameScene("toggle-on", .entries, "jt"),
        FrameScene("toggle-changed-meanwhile", .entries, "t") { model in
            _ = update(
                &model,
                .snapshot(
                    World.snapshot {
                        $0.entries[0] = World.entry("cnn", ["edition.cnn.com"], ports: [(80, "HTTP")], version: "42")
                    }))
        },
        FrameScene("toggle-gone-meanwhile", .entries, "t") { model in
            _ = update(&model, .snapshot(World.snapshot { $0.entries.removeFirst() }))
        },
        FrameScene("review", .entries) { model in
            try review(&model, .known(lines: World.foresight, gaps: ["without sidecars: forbidden"]))
        },
        FrameScene("review-end", .entries) { model in
            try review(&model, .known(lines: World.foresight, gaps: ["without sidecars: forbidden"]))
            model.press("G")
        },
        FrameScene("review-failed", .entries) { model in
            try review(&model, .failed("pods is forbidden"), .failed("connection refused"))
        },
        FrameScene("toggle-marked", .entries, "   t"),
        FrameScene("toggle-marked-for-30m", .entries, "   tf30m<Enter>"),
        FrameScene("toggle-marked-proved", .entries, "   t2"),
        FrameScene("results-pending", .entries, "   t2<Enter>"),
        FrameScene("results", .entries) { model in
            let requests = model.press("   t2<Enter>").applied
            guard requests.count == 2 else { throw SceneError("two changes") }
            _ = update(&model, .changeFinished(requests[0], .done(object: requests[0].object ?? .null, warnings: [])))
            _ = update(&model, .changeFinished(requests[1], .failed(message: "forbidden", isConflict: true)))
        },
        FrameScene("delete", .entries, "Dcn"),
        FrameScene("delete-proved", .entries, "Dcnn"),
        FrameScene("delete-marked", .entries, "  D"),
        FrameScene("undo", .entries, mesh: { $0.actions = World.actions }) { model in
            guard case .readForUndo(let actions)? = model.press("u").first, let action = actions.first else {
                throw SceneError("nothing to undo")
            }
            var object = try (action.change?.answer).needed("an answer")
            object["metadata"]?["resourceVersion"] = "99"
            _ = update(&model, .undo(actions, [World.cnn: .object(object)]))
        },
        FrameScene("quit", .blocked, "ayq"),
        FrameScene("conflict", .entries, "e<Tab><Tab><C-u>8080<C-s>") { model in
            try conflict(&model) { $0["spec"]?["ports"] = [["number": 81, "name": "http-80", "protocol": "HTTP"]] }
        },
        FrameScene("conflict-that-fits", .entries, "e<Enter>mine.cnn.com<C-s>") { model in
            try conflict(&model) { $0["spec"]?["exportTo"] = ["."] }
        },
        FrameScene("conflict-deleted", .entries, "e<Enter>mine.cnn.com<C-s>") { model in
            try conflict(&model, .absent)
        },
        FrameScene("conflict-asking", .entries, "e<Enter>mine.cnn.com<C-s>") { model in try conflict(&model, nil) },
    ]

    private static func review(
        _ model: inout AppModel, _ foresight: Foresight, _ reading: ObjectReading? = nil
    ) throws {
        let id = try model.press("t").readID.needed("a reading")
        var owned = World.entry("cnn", ["edition.cnn.com"], ports: [(80, "HTTP"), (443, "TLS")]).entry.object
        owned["metadata"]?["annotations"] = ["argocd.argoproj.io/tracking-id": "shop:x/y:z/cnn"]
        _ = update(&model, .read(id: id, [World.cnn: reading ?? .object(owned)]))
        _ = update(&model, .foreseen(id: id, foresight))
    }

    private static func conflict(_ model: inout AppModel, _ theirs: (inout JSONValue) -> Void) throws {
        var object = World.entry("cnn", ["edition.cnn.com"], ports: [(80, "HTTP"), (443, "TLS")]).entry.object
        object["metadata"]?["resourceVersion"] = "42"
        theirs(&object)
        try conflict(&model, .object(object))
    }

    private static func conflict(_ model: inout AppModel, _ reading: ObjectReading?) throws {
        let request = try model.press("y").applied.first.needed("a change")
        let refusal = ChangeResult.failed(message: "the object has been modified", isConflict: true)
        let id = try update(&model, .changeFinished(request, refusal)).readID.needed("a reading")
        if let reading { _ = update(&model, .read(id: id, [World.cnn: reading])) }
    }
}
