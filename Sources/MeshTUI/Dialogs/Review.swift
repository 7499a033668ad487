import MeshState

/// What an operator sees before changes are made: what is different from what the API holds, and what it would do.
struct Review: Sendable, Hashable {
    let changes: [ProposedChange]
    /// The API's objects, once they are read.
    private(set) var readings: [ObjectKey: ObjectReading] = [:]
    private(set) var foresight = Foresight.working
    /// Versions that the mesh had when the review began, to see that an object moves meanwhile.
    private let seen: [ObjectKey: String]
    private let version: IstioVersion

    init(_ changes: [ProposedChange], in snapshot: MeshSnapshot?) {
        self.changes = changes
        version = snapshot.flatMap { IstioVersion(parsing: $0.istioVersion) } ?? .current
        seen = Self.versions(of: changes, in: snapshot)
    }

    /// Recognises what is found out for it.
    var id: Int { changes.first?.request.id ?? 0 }

    /// What has to be found out.
    var effects: [Effect] {
        [.read(id: id, changes.map(\.request.target)), .foresee(id: id, changes.map(\.request))]
    }

    mutating func take(_ readings: [ObjectKey: ObjectReading]) { self.readings = readings }

    mutating func take(_ foresight: Foresight) { self.foresight = foresight }

    private static func versions(of changes: [ProposedChange], in snapshot: MeshSnapshot?) -> [ObjectKey: String] {
        let targets = Set(changes.map(\.request.target))
        var versions: [ObjectKey: String] = [:]
        for entry in snapshot?.entries ?? [] where targets.contains(entry.id) {
            versions[entry.id] = entry.entry.meta.resourceVersion
        }
        return versions
    }

    // MARK: What is said

    /// A line of a dialog; prose is broken where it is too long, other lines are cut.
    struct Line: Sendable, Hashable {
        var cell: CellText
        var isProse = false

        init(_ text: String, _ role: Role = .text, isProse: Bool = false) {
            cell = CellText(text, role)
            self.isProse = isProse
        }
    }

    var lines: [Line] {
        var lines = changes.flatMap { owners(of: $0) + complaints(about: $0) + consequences(of: $0) }
        if !lines.isEmpty { lines.append(Line("")) }
        guard changes.count > 1 else {
            return lines + changes.flatMap(difference) + [Line("")] + foresightLines
        }
        // Of many lines those come first that tell what the others come to.
        return lines + foresightLines + changes.flatMap { [Line(""), heading(of: $0)] + difference(of: $0) }
    }

    private func heading(of change: ProposedChange) -> Line {
        let (target, summary) = (change.request.target, change.request.summary)
        // Of other kinds the words tell kind and name.
        if target.kind == ServiceEntry.kind { return Line("\(target): \(summary)", .title) }
        return Line(target.namespace.isEmpty ? summary : "\(summary) in \(target.namespace)", .title)
    }

    /// The object that a change is compared with: the API's, or until it is read what the change was made from.
    private func before(_ change: ProposedChange) -> JSONValue? {
        switch readings[change.request.target] {
        case .object(let object): object
        case .absent: nil
        case .failed, nil: change.base
        }
    }

    private func owners(of change: ProposedChange) -> [Line] {
        guard let object = before(change) else { return [] }
        let name = changes.count > 1 ? "\(change.request.target.name): " : ""
        return ObjectOwner.owners(of: object).map { owner in
            Line("\(Glyph.warning.text) \(name)\(owner.warning)", .warn, isProse: true)
        }
    }

    /// What the rules find in the new object and did not find in the old one.
    private func complaints(about change: ProposedChange) -> [Line] {
        guard let object = change.request.object else { return [] }
        let name = changes.count > 1 ? "\(change.request.target): " : ""
        let old = before(change).map { Set(ObjectRules.problems(in: $0, version: version)) } ?? []
        return ObjectRules.problems(in: object, version: version).filter { !old.contains($0) }.prefix(5).map {
            let text = "\(Glyph.warning.text) \(name)\($0.path): \($0.message)".madeSafe
            return Line(text, $0.severity == .error ? .error : .warn, isProse: true)
        }
    }

    /// What no proxy tells.
    private func consequences(of change: ProposedChange) -> [Line] {
        let text: String
        switch (change.request.target.kind, change.request.verb) {
        case ("Namespace", .delete):
            text = "everything in the namespace goes with it, and undoing does not bring it back"
        case ("Namespace", .replace) where givesSidecars(before(change)) != givesSidecars(change.request.object):
            text = "pods that are made from now on get a sidecar, or get none; :restart has a workload's made anew"
        case ("NetworkPolicy", _):
            text = "what it stops is stopped by the network, of which the lines below do not tell"
        case ("Pod", .delete): text = "what owns the pod makes another one in its place"
        default: return []
        }
        return [Line("\(Glyph.warning.text) \(text)", .warn, isProse: true)]
    }

    /// The labels of a namespace by which its pods get a sidecar.
    private func givesSidecars(_ namespace: JSONValue?) -> [JSONValue?] {
        ["istio-injection", "istio.io/rev"].map { namespace?["metadata"]?["labels"]?[$0] }
    }

    private func difference(of change: ProposedChange) -> [Line] {
        let old = before(change)?.withoutServerFields.madeSafe.yamlText ?? ""
        guard let object = change.request.object else { return Self.lines(old, .removed) }
        let new = object.withoutServerFields.madeSafe.yamlText
        return old.isEmpty ? Self.lines(new, .text) : Self.difference(from: old, to: new)
    }

    private static func lines(_ text: String, _ role: Role) -> [Line] {
        text.split(separator: "\n").map { Line(String($0), role) }
    }

    /// What changes, with two lines before and after it; longer stretches that stay the same are folded into one.
    static func difference(from old: String, to new: String) -> [Line] {
        let lines = LineDiff.lines(from: old, to: new)
        var isShown = lines.map { $0.kind != .same }
        for index in lines.indices where lines[index].kind != .same {
            for near in max(0, index - 2)...min(lines.count - 1, index + 2) { isShown[near] = true }
        }
        var shown: [Line] = []
        var index = 0
        while index < lines.count {
            let line = lines[index]
            if isShown[index] {
                switch line.kind {
                case .same: shown.append(Line("  \(line.text)", .dim))
                case .added: shown.append(Line("+ \(line.text)", .added))
                case .removed: shown.append(Line("- \(line.text)", .removed))
                }
                index += 1
                continue
            }
            let end = isShown[index...].firstIndex(of: true) ?? lines.count
            let count = end - index
            shown.append(
                Line(count == 1 ? "  \(line.text)" : "  \(Glyph.ellipsis.text) \(count) lines as they are", .dim))
            index = end
        }
        return shown
    }

    private var foresightLines: [Line] {
        switch foresight {
        case .working: return [Line("working out what it would do\(Glyph.ellipsis.text)", .pending)]
        case .failed(let reason):
            return [Line("\(Glyph.warning.text) cannot tell what it would do: \(reason)", .warn, isProse: true)]
        case .known(let lines, let gaps):
            var role = Role.text
            return [Line("What it would do", .title)]
                + lines.map { line in
                    guard line.hasPrefix("  ") else {
                        role = line.hasPrefix("lets") ? .ok : line.hasPrefix("seen") ? .text : .warn
                        return Line(line)
                    }
                    return Line(line, role, isProse: true)
                } + gaps.map { Line("(\($0))", .dim, isProse: true) }
        }
    }

    /// What the operator should know before applying: an object has moved or gone, or could not be read.
    func notice(_ latest: MeshSnapshot?) -> CellText? {
        let now = latest.map { Self.versions(of: changes, in: $0) }
        for change in changes {
            let target = change.request.target
            let name = changes.count > 1 ? "\(target.name): " : ""
            let reading = readings[target]
            guard let version = change.baseVersion else {
                if case .object = reading {
                    return Self.alarm("\(name)there is one of this name by now: the API will refuse")
                }
                continue
            }
            let isGone = reading == .absent || now.map { $0[target] == nil && seen[target] != nil } ?? false
            if isGone { return Self.alarm("\(name)deleted meanwhile: there is nothing to change") }
            let read = reading?.object?["metadata"]?["resourceVersion"]?.stringValue
            let watched = now?[target].flatMap { $0 == seen[target] ? nil : $0 }
            if [read, watched].contains(where: { $0 != nil && $0 != version }) {
                return Self.alarm("\(name)changed meanwhile: the API will refuse, and both sides be shown")
            }
            if case .failed(let reason) = reading {
                return CellText("\(Glyph.warning.text) \(name)not compared with the API: \(reason)", .warn)
            }
        }
        return nil
    }

    private static func alarm(_ text: String) -> CellText { CellText("\(Glyph.warning.text) \(text)", .error) }
}
