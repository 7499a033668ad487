public import FoundationEssentials

/// Takes a change back: the change that leaves an object as it was before, if nobody has changed it since.
public enum Undo {
    /// The latest change of a user that stands: done, not undone since, and no undoing itself.
    ///
    /// Once that one is undone the one before it is the latest, so that repeating it goes further back.
    /// - Parameter actions: newest first.
    public static func last(of who: String, in actions: [ActionRecord]) -> ActionRecord? {
        let undone = undone(in: actions)
        return actions.first { action in
            guard let number = action.number, action.who == who, action.isDone || action.outcome == .unknown else {
                return false
            }
            return action.change?.undoes == nil && !undone.contains(number) && !comesBack(action)
        }
    }

    /// A change with those that were made together with it and stand as it does, newest first: the order in which they
    /// are undone.
    public static func batch(of action: ActionRecord, in actions: [ActionRecord]) -> [ActionRecord] {
        guard let batch = action.change?.batch else { return [action] }
        let undone = undone(in: actions)
        return actions.filter { other in
            guard let number = other.number, other.change?.batch == batch, !comesBack(other) else { return false }
            return (other.isDone || other.outcome == .unknown) && !undone.contains(number)
        }
    }

    /// Whether a change is one that needs no undoing: what owns a pod makes another one in its place.
    private static func comesBack(_ action: ActionRecord) -> Bool {
        action.change?.verb == .delete && action.change?.target.kind == "Pod"
    }

    /// The numbers of changes that do not stand any more, because another one undid them that stands itself.
    public static func undone(in actions: [ActionRecord]) -> Set<Int64> {
        var undone: Set<Int64> = []
        for action in actions where action.isDone {
            guard let number = action.number, let target = action.change?.undoes else { continue }
            if !undone.contains(number) { undone.insert(target) }
        }
        return undone
    }

    /// The change that undoes another one.
    ///
    /// An object counts as unchanged when all that users write of it is as it was; its `status` and what the API keeps
    /// in its metadata may have moved. The request carries the resourceVersion of the object as it is now.
    /// - Parameters:
    ///   - live: the object as it is now; nil when there is none.
    ///   - actions: what else was done, newest first, to tell who was at the object meanwhile.
    public static func request(
        of action: ActionRecord, live: JSONValue?, in actions: [ActionRecord] = [], at now: Date, id: Int
    ) throws(ChangeRefusal) -> ChangeRequest {
        guard let change = action.change, let number = action.number else {
            throw ChangeRefusal("this is a message: there is nothing to undo")
        }
        let name = change.target.name
        switch action.outcome {
        case .pending: throw ChangeRefusal("\(action.summary): the API has not answered yet")
        case .failed: throw ChangeRefusal("\(action.summary): it failed, so that there is nothing to undo")
        case .done, .unknown: break
        }
        if comesBack(action) { throw ChangeRefusal("\(action.summary): what owns the pod makes another one by itself") }
        if undone(in: actions).contains(number) { throw ChangeRefusal("\(action.summary): it is undone already") }
        let expected = change.verb == .delete ? nil : content(change.answer ?? change.sent)
        let found = content(live)
        guard found == expected else {
            if action.outcome == .unknown, found == content(change.before) {
                throw ChangeRefusal("\(action.summary): it was never done, \(name) is as it was")
            }
            throw moved(name, since: action, from: expected, to: found, live: live, actions)
        }
        let version = live?["metadata"]?["resourceVersion"]?.stringValue
        let request: ChangeRequest.Action
        switch (change.before, live) {
        case (nil, .some): request = .delete(resourceVersion: version)
        case (let before?, nil): request = .create(restored(before, at: now))
        case (let before?, let live?):
            var object = restored(before, at: now)
            for key in ["resourceVersion", "uid"] {
                if let value = live["metadata"]?[key] { object["metadata"]?[key] = value }
            }
            request = .replace(object)
        case (nil, nil): throw ChangeRefusal("\(action.summary): there is nothing to undo")
        }
        return ChangeRequest(
            id: id, target: change.target, action: request, summary: words(for: action.summary), undoes: number)
    }

    /// What users write of an object, whatever version of its API it is read in.
    static func content(_ object: JSONValue?) -> JSONValue? {
        guard var object else { return nil }
        object["status"] = nil
        object["apiVersion"] = nil
        for key in kept { object["metadata"]?[key] = nil }
        for map in ["labels", "annotations"] where object["metadata"]?[map]?.objectValue?.isEmpty == true {
            object["metadata"]?[map] = nil
        }
        return object
    }

    /// What the API itself keeps in metadata.
    private static let kept = [
        "managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink",
    ]

    /// The object as it is sent to have it as it was. An expiry that is over would end it again at once.
    private static func restored(_ before: JSONValue, at now: Date) -> JSONValue {
        var object = before
        object["status"] = nil
        for key in kept { object["metadata"]?[key] = nil }
        if let time = Expiry(annotations: object["metadata"]?["annotations"]?.stringMap ?? [:])?.time, time <= now {
            Expiry.remove(from: &object)
        }
        return object
    }

    private static func words(for summary: String) -> String {
        if summary.hasPrefix("undo ") { return "redo \(summary.dropFirst(5))" }
        if summary.hasPrefix("redo ") { return "undo \(summary.dropFirst(5))" }
        return "undo \(summary)"
    }

    // MARK: - Who was faster

    private static func moved(
        _ name: String, since action: ActionRecord, from expected: JSONValue?, to found: JSONValue?, live: JSONValue?,
        _ actions: [ActionRecord]
    ) -> ChangeRefusal {
        let ours = actions.first { other in
            other.isDone && other.change?.target == action.change?.target && (other.number ?? 0) > (action.number ?? 0)
        }
        var by = ours.map { ": \($0.summary), by \($0.who) at \($0.time.rfc3339Text)" } ?? ""
        if by.isEmpty, let writer = lastWriter(of: live) { by = ": by \(writer)" }
        guard let found else { return ChangeRefusal("\(name) has been deleted since\(by)") }
        guard let expected else { return ChangeRefusal("there is a \(name) again\(by): undo would overwrite it") }
        let paths = differences(expected, found).prefix(3).joined(separator: ", ")
        return ChangeRefusal("\(name) has been changed since\(by) (\(paths)): undo would lose that")
    }

    /// Whoever wrote to the object last, by what its API noted.
    private static func lastWriter(of object: JSONValue?) -> String? {
        let writers = (object?["metadata"]?["managedFields"]?.arrayValue ?? []).compactMap { field -> (String, String)? in
            guard let manager = field["manager"]?.stringValue, let time = field["time"]?.stringValue,
                field["subresource"] == nil
            else { return nil }
            return (time, manager)
        }
        return writers.max { $0.0 < $1.0 }.map { "\($0.1.madeSafe) at \($0.0.madeSafe)" }
    }

    /// Paths of what differs, two levels deep: `spec.ports`, `metadata.labels`.
    private static func differences(_ left: JSONValue, _ right: JSONValue) -> [String] {
        func keys(_ left: JSONValue?, _ right: JSONValue?) -> [String] {
            Set(left?.objectValue.map { Array($0.keys) } ?? []).union(right?.objectValue.map { Array($0.keys) } ?? [])
                .sorted().filter { left?[$0] != right?[$0] }
        }
        return keys(left, right).flatMap { key -> [String] in
            let inner = keys(left[key], right[key]).map { "\(key).\($0)".madeSafe }
            return inner.isEmpty ? [key.madeSafe] : inner
        }
    }
}
