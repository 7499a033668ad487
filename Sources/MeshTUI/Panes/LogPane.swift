import FoundationEssentials
import MeshState

extension PaneID {
    public static let log = PaneID(number: 5, name: "log")
}

/// What was done to the mesh, by whom, with what result, and the errors that the operator was told.
struct LogPane: Pane {
    let id = PaneID.log
    let title = "Log"
    let noun = "actions"
    let abstract = "List what was done to the mesh with meshtop, and what became of it."
    let sourceNoun = "sources"
    let defaultSort = SortOrder(column: "time", descending: true)
    let filterKeys = ["who", "what", "name", "ns", "result", "via", "context"]
    let emptyText = CellText("Nothing has been changed with meshtop yet", .dim)

    func emptyTexts(_ model: AppModel) -> [CellText] { [emptyText] }

    let columns = [
        Column("time", "TIME"),
        Column("number", "ID", .right),
        Column("who", "WHO", truncation: .middle, minimum: 4),
        Column("result", "RESULT", marksChange: true),
        Column("what", "WHAT", minimum: 12, grows: true),
        Column("kubectl", "KUBECTL", minimum: 12, isWide: true),
        Column("via", "VIA", isWide: true),
        Column("kind", "KIND", isWide: true),
        Column("ns", "NS", isWide: true),
        Column("name", "NAME", isWide: true),
        Column("context", "CONTEXT", isWide: true),
        Column("reply", "REPLY", isWide: true),
    ]

    func arrangement(width: Int) -> Arrangement {
        if width >= 100 { return .table(["time", "number", "who", "result", "what", "kubectl"]) }
        if width >= 56 { return .table(["time", "number", "who", "result", "what"]) }
        if width >= 36 { return .table(["time", "result", "what"], heading: false) }
        return .table(["result", "what"], heading: false)
    }

    func members(of snapshot: MeshSnapshot) -> [Int] { Array(snapshot.actions.indices) }

    func id(of index: Int, in snapshot: MeshSnapshot) -> RowID { .action(snapshot.actions[index].id) }

    func name(of index: Int, in snapshot: MeshSnapshot) -> String { snapshot.actions[index].summary }

    /// What `undo` takes.
    func commandName(of index: Int, in snapshot: MeshSnapshot) -> String {
        let action = snapshot.actions[index]
        return action.number.map { String($0) } ?? action.summary
    }

    func cell(_ column: String, of index: Int, in context: RowContext) -> CellText {
        let action = context.snapshot.actions[index]
        let target = action.change?.target
        switch column {
        case "time":
            let isTable = context.medium == .table
            return CellText(isTable ? WallClock.timestamp(action.time) : context.clock.time(action.time), .dim)
        case "number": return CellText(action.number.map { String($0) } ?? "-", .dim)
        case "who": return CellText(action.who)
        case "result": return Self.result(action, in: context.snapshot, context.medium)
        case "what": return CellText(action.summary, action.change == nil ? .error : .text)
        case "kubectl": return CellText(action.change.map(KubectlText.line) ?? "-", .dim)
        case "via": return CellText(action.origin)
        case "kind": return CellText(target?.kind ?? "-")
        case "ns": return CellText(target?.namespace ?? "-")
        case "name": return CellText(target?.name ?? "-")
        case "context": return CellText(action.context)
        default: return CellText(Self.reply(action))
        }
    }

    /// What became of it as glyph, word and colour; printed tables have the word alone.
    private static func result(_ action: ActionRecord, in snapshot: MeshSnapshot, _ medium: RowContext.Medium) -> CellText {
        let (glyph, role): (Glyph, Role) =
            switch word(action, in: snapshot) {
            case "pending": (.waiting, .pending)
            case "done": (.on, .ok)
            case "undone": (.off, .dim)
            case "unknown": (.warning, .warn)
            default: (.warning, .error)
            }
        let word = word(action, in: snapshot)
        return CellText(medium == .table ? word : "\(glyph.text) \(word)", role)
    }

    private static func word(_ action: ActionRecord, in snapshot: MeshSnapshot) -> String {
        switch action.outcome {
        case .pending: "pending"
        case .done: isUndone(action, in: snapshot) ? "undone" : "done"
        case .failed where action.change == nil: "error"
        case .failed(_, let isConflict): isConflict ? "conflict" : "failed"
        case .unknown: "unknown"
        }
    }

    private static func isUndone(_ action: ActionRecord, in snapshot: MeshSnapshot) -> Bool {
        action.number.map { Undo.undone(in: snapshot.actions).contains($0) } ?? false
    }

    /// The API's words.
    private static func reply(_ action: ActionRecord) -> String {
        switch action.outcome {
        case .pending: return "no answer yet"
        case .done(let warnings):
            let version = action.change?.answer?["metadata"]?["resourceVersion"]?.stringValue
            let words = version.map { "resourceVersion \($0.madeSafe)" } ?? "deleted"
            return ([words] + warnings.map { "warning: \($0)" }).joined(separator: "; ")
        case .failed(let message, _): return message
        case .unknown: return "meshtop ended before the API answered"
        }
    }

    func sortKey(_ column: String, of index: Int, in snapshot: MeshSnapshot) -> SortKey {
        let action = snapshot.actions[index]
        return switch column {
        case "number": .number(Double(action.number ?? 0))
        case "who": .text(action.who)
        case "result": .text(Self.word(action, in: snapshot))
        case "what": .text(action.summary)
        case "kubectl": .text(action.change.map(KubectlText.line) ?? "")
        case "via": .text(action.origin)
        case "kind": .text(action.change?.target.kind ?? "")
        case "ns": .text(action.change?.target.namespace ?? "")
        case "name": .text(action.change?.target.name ?? "")
        case "context": .text(action.context)
        case "reply": .text(Self.reply(action))
        default: .number(action.time.timeIntervalSince1970)
        }
    }

    func filterValues(_ key: String, of index: Int, in snapshot: MeshSnapshot) -> [String] {
        let action = snapshot.actions[index]
        return switch key {
        case "who": [action.who]
        case "name": [action.change?.target.name ?? ""]
        case "ns": [action.change?.target.namespace ?? ""]
        case "result": [Self.word(action, in: snapshot)]
        case "via": [action.origin]
        case "context": [action.context]
        default: [action.summary]
        }
    }

    func time(of index: Int, in snapshot: MeshSnapshot) -> Date? { snapshot.actions[index].time }

    func summary(of context: RowContext, rows: Int) -> String {
        let failed = context.snapshot.actions.count { if case .failed = $0.outcome { true } else { false } }
        return failed == 0 ? "\(rows)" : "\(rows), \(failed) failed"
    }

    func isFed(by source: SourceID) -> Bool { source == .meshtop }

    func details(of index: Int, in context: RowContext) -> [DetailLine] {
        let action = context.snapshot.actions[index]
        var lines: [DetailLine] = [
            .field("Time", CellText(WallClock.timestamp(action.time))),
            .field("Who", CellText("\(action.who) by \(action.origin)")),
            .field("Mesh", CellText("\(action.context) (\(action.server))")),
            .field("Result", Self.result(action, in: context.snapshot, .screen)),
        ]
        lines.append(.field("Reply", CellText(Self.reply(action))))
        if let finished = action.finished {
            let seconds = max(0, finished.timeIntervalSince(action.time))
            lines.append(.field("Answered after", CellText("\(Int((seconds * 1000).rounded())) ms")))
        }
        guard let change = action.change else { return lines }
        lines.insert(.field("Object", CellText(change.target.description)), at: 3)
        if let number = change.undoes { lines.append(.field("Undoes", CellText("change \(number)"))) }
        let undoer = context.snapshot.actions.first { $0.isDone && $0.change?.undoes == action.number && $0.number != nil }
        if action.number != nil, let number = undoer?.number {
            lines.append(.field("Undone by", CellText("change \(number)")))
        }
        lines.append(.heading("The same with kubectl"))
        lines += KubectlText.script(for: change).map { .text(CellText($0)) }
        if change.before != nil {
            lines.append(.heading("What it changed"))
            lines += Self.difference(change).map { .text($0) }
        }
        return lines
    }

    private static func difference(_ change: ActionRecord.Change) -> [CellText] {
        func text(_ object: JSONValue?) -> String {
            var object = object?.withoutManagedFields.madeSafe
            object?["status"] = nil
            return object?.yamlText ?? ""
        }
        return Review.difference(from: text(change.before), to: text(change.answer ?? change.sent)).map(\.cell)
    }

    /// The object as it was left; what was deleted, as it was before.
    func document(of index: Int, in snapshot: MeshSnapshot) -> JSONValue {
        let change = snapshot.actions[index].change
        return change?.answer ?? change?.sent ?? change?.before ?? record(of: index, in: snapshot)
    }

    func record(of index: Int, in snapshot: MeshSnapshot) -> JSONValue {
        let action = snapshot.actions[index]
        var record: JSONValue = [
            "time": .string(WallClock.timestamp(action.time)),
            "who": .string(action.who),
            "via": .string(action.origin),
            "context": .string(action.context),
            "server": .string(action.server),
            "what": .string(action.summary),
            "result": .string(Self.word(action, in: snapshot)),
            "reply": .string(Self.reply(action)),
        ]
        record["id"] = action.number.map { .integer($0) }
        record["finished"] = action.finished.map { .string(WallClock.timestamp($0)) }
        guard let change = action.change else { return record }
        record["kind"] = .string(change.target.kind)
        record["namespace"] = .string(change.target.namespace)
        record["name"] = .string(change.target.name)
        record["verb"] = .string(change.verb.rawValue)
        record["undoes"] = change.undoes.map { .integer($0) }
        record["kubectl"] = .string(KubectlText.line(for: change))
        record["before"] = change.before
        if let after = change.answer ?? change.sent { record["after"] = after }
        return record
    }

    var fields: [RecordField] {
        let change = "it is a change, not a message"
        return [
            RecordField("id", .integer, "its number in the journal, which `meshtop undo` takes", when: change),
            RecordField("time", .time, "when it was sent, or said"),
            RecordField("finished", .time, "when the API answered", when: "it did"),
            RecordField("who", .string, "the user"),
            RecordField("via", .string, "which part of meshtop: console, meshtop allow, meshtop sweep"),
            RecordField("context", .string, "`lab`, or the kubeconfig's context"),
            RecordField("server", .string, "the address of the Kubernetes API"),
            RecordField("what", .string, "what was done, in words"),
            RecordField("result", .string, "pending, done, undone, failed, conflict, unknown, or error for a message"),
            RecordField("reply", .string, "what the API answered"),
            RecordField("kind", .string, "the object's kind", when: change),
            RecordField("namespace", .string, "the object's namespace", when: change),
            RecordField("name", .string, "the object's name", when: change),
            RecordField("verb", .string, "create, replace or delete", when: change),
            RecordField("undoes", .integer, "the number of the change that it undoes", when: "it undoes one"),
            RecordField("kubectl", .string, "the same with kubectl, in a line", when: change),
            RecordField("before", .document, "the object as it was", when: "there was one"),
            RecordField("after", .document, "the object as it was sent, or as the API answered", when: "it was not deleted"),
        ]
    }
}
