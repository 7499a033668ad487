import MeshState

extension AppModel {
    /// Reviews what a work comes to, now that the objects are read that it is about.
    mutating func take(_ gathering: Gathering, for work: ObjectWork) -> [Effect] {
        // Whoever is in the middle of something else is not thrown out of it.
        guard layers.isEmpty || layers.last is TextLayer else { return [] }
        let plan: ObjectPlan
        let objects: [GatheredObject]
        do throws(ChangeRefusal) {
            switch gathering {
            case .failed(let reason): throw ChangeRefusal(reason)
            case .objects(let found): objects = found
            }
            plan = try ObjectPlan(work, objects, version: istioVersion)
        } catch {
            let reasons = error.reason.split(separator: "\n").map(String.init)
            say(reasons.count == 1 ? "\(work.name): \(reasons[0])" : "\(work.name): nothing is done", isError: true)
            if reasons.count > 1 { layers.append(ReasonsLayer("Nothing is done", reasons)) }
            return []
        }
        guard let first = plan.requests.first else {
            say("\(work.name): nothing to do, \(Words.count(plan.unchanged.count, "object")) as asked already")
            return []
        }
        let files = Dictionary(objects.compactMap { object in object.file.map { (object.key, $0) } }) { $1 }
        let changes = plan.requests.map { request in
            var request = request
            lastRequest += 1
            request.id = lastRequest
            return ProposedChange(
                request: request, row: .object(request.target), pane: .of(request.target),
                goal: request.object == nil ? .off(request.target) : .changed(request.target),
                base: plan.bases[request.target], origin: files[request.target].map { .file($0) } ?? .row)
        }
        let count = Words.count(changes.count, "object")
        return review(
            changes,
            title: work.title ?? (changes.count == 1 ? first.summary.capitalizedFirst : "\(work.verb) \(count)"),
            lead: work.lead(unchanged: plan.unchanged.count), name: work.proof)
    }
}

extension AppModel {
    /// Reviews the way of the selected entry's calls through the egress gateway.
    mutating func openRoute() -> [Effect] {
        guard let (row, snapshot) = selection else { return [] }
        do throws(ChangeRefusal) {
            let summary = snapshot.entries[row.index]
            if EntriesPane.isOff(summary) { throw ChangeRefusal("\(summary.entry.meta.name) is switched off") }
            return [
                .gather(.route(try EgressRoute(for: summary.entry, among: snapshot.services.map(\.service))))
            ]
        } catch {
            say("W: \(error.reason)", isError: true)
        }
        return []
    }
}

extension ObjectWork {
    /// The command that asks for it.
    fileprivate var name: String {
        switch self {
        case .apply: ":apply"
        case .deleteFiles, .delete: ":delete"
        case .label: ":label"
        case .restart: ":restart"
        case .register: ":register"
        case .deregister: ":deregister"
        case .route: "egress gateway"
        }
    }

    fileprivate var verb: String {
        switch self {
        case .apply, .register, .deregister, .label, .route: "Apply"
        case .deleteFiles, .delete, .restart: "Delete"
        }
    }

    /// Of what is more than a number of objects.
    fileprivate var title: String? {
        switch self {
        case .register(let registration): "Register \(registration.name)"
        case .restart(_, let workload): "Restart \(workload)"
        case .route(let route): "Send \(route.entry.name) through the egress gateway"
        case .apply, .deleteFiles, .delete, .label, .deregister: nil
        }
    }

    /// What is typed to confirm it, where it is not an object's name: nobody knows those of pods by heart.
    fileprivate var proof: String? { if case .restart(_, let workload) = self { workload } else { nil } }

    /// Where it comes from.
    fileprivate func lead(unchanged: Int) -> String {
        let rest = unchanged == 0 ? "" : "; \(Words.count(unchanged, "more")) as asked already"
        switch self {
        case .apply(let files): return "As \(files.joined(separator: ", ")) says\(rest)"
        case .deleteFiles(let files): return "What \(files.joined(separator: ", ")) is about\(rest)"
        case .route(let route): return route.summary + rest
        case .register(let registration):
            let ports = registration.ports.map { "\($0.number) \($0.name)" }.joined(separator: ", ")
            return "\(registration.address), port \(ports), as service \(registration.namespace)/\(registration.name)"
        case .deregister(let namespace, let name, let address):
            return "\(address) is no endpoint of \(namespace)/\(name) any more"
        case .restart: return "Pods that are made in their place are as their namespace asks now"
        case .delete, .label: return ""
        }
    }
}

extension PaneID {
    /// The pane in which an object is seen; the log tells of all changes.
    static func of(_ key: ObjectKey) -> PaneID { key.kind == ServiceEntry.kind ? .entries : .log }
}

/// Why something was not done, where the reasons are many.
struct ReasonsLayer: Menu {
    private let title: String
    private let reasons: [String]
    private var top = 0
    let scope = KeyScope.menu

    init(_ title: String, _ reasons: [String]) {
        self.title = title
        self.reasons = reasons
    }

    private func lines(in size: Size) -> [String] {
        reasons.flatMap { $0.wrapped(to: max(20, min(96, size.columns - 6))) }
    }

    private func area(in size: Size) -> Rect {
        Popup.area(width: min(100, size.columns - 2), height: lines(in: size).count + 2, in: size)
    }

    mutating func move(_ move: Move, _ model: inout AppModel) {
        let visible = max(0, area(in: model.size).height - 2)
        let most = max(0, lines(in: model.size).count - visible)
        top = min(max(0, move.target(from: top, visible: visible, count: most + 1)), most)
    }

    func choose(_ model: inout AppModel) -> [Effect] { [] }

    func draw(on canvas: inout Canvas, _ model: AppModel) {
        let lines = lines(in: model.size)
        let inside = Popup.frame(area(in: model.size), title: title, on: &canvas)
        for (offset, line) in lines.dropFirst(top).prefix(inside.height).enumerated() {
            canvas.put(
                line, column: inside.column, row: inside.row + offset, width: inside.width, look: Look(.error))
        }
    }
}
