import MeshState

extension JSONValue {
    /// The document after a JSON merge patch (RFC 7386): null removes, objects merge, everything else replaces.
    func merging(_ patch: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        var members = objectValue ?? [:]
        for (name, change) in changes {
            if change.isNull {
                members.removeValue(forKey: name)
            } else {
                members[name] = (members[name] ?? .null).merging(change)
            }
        }
        return .object(members)
    }

    /// The document after a strategic merge patch: as a merge patch, but lists whose elements have a key merge by it.
    ///
    /// The directives `$patch: delete`, `$patch: replace` and `$deleteFromPrimitiveList/NAME` are carried out; the
    /// order that `$setElementOrder/NAME` asks for is kept for the elements that it names.
    func mergingStrategically(_ patch: JSONValue, schema: Schema?) -> JSONValue {
        guard case .object(var changes) = patch else { return patch }
        if let directive = changes.removeValue(forKey: "$patch")?.stringValue {
            return directive == "delete" ? [:] : .object(changes)
        }
        var members = objectValue ?? [:]
        for (name, change) in changes where !name.hasPrefix("$") {
            if change.isNull {
                members[name] = nil
                continue
            }
            let memberSchema = schema?.member(name)
            if case .array(let elements) = change, case .list(let element, let kind) = memberSchema?.resolved.shape {
                members[name] = .array(
                    Self.mergeLists(members[name]?.arrayValue ?? [], elements, element: element, kind: kind))
            } else {
                members[name] = (members[name] ?? .null).mergingStrategically(change, schema: memberSchema)
            }
        }
        for (directive, value) in changes {
            if let name = directive.suffix(after: "$deleteFromPrimitiveList/"), let kept = members[name]?.arrayValue {
                let removed = Set(value.arrayValue ?? [])
                members[name] = .array(kept.filter { !removed.contains($0) })
            }
            if let name = directive.suffix(after: "$setElementOrder/"), let elements = members[name]?.arrayValue {
                members[name] = .array(
                    Self.order(elements, as: value.arrayValue ?? [], by: schema?.member(name)?.mergeKey))
            }
        }
        return .object(members)
    }

    private static func mergeLists(
        _ live: [JSONValue], _ patch: [JSONValue], element: Schema, kind: Schema.ListKind
    ) -> [JSONValue] {
        switch kind {
        case .atomic: return patch
        case .set:
            let known = Set(live)
            return live + patch.filter { !known.contains($0) }
        case .map(let keys):
            let key = keys[0]
            if patch.contains(where: { $0["$patch"]?.stringValue == "replace" }) {
                return patch.filter { $0["$patch"] == nil }
            }
            // Elements that are removed leave their place empty, so that places stay valid.
            var result = live.map(Optional.some)
            var places = Dictionary(
                live.enumerated().map { ($0.element[key], $0.offset) }, uniquingKeysWith: { first, _ in first })
            for change in patch {
                let isDelete = change["$patch"]?.stringValue == "delete"
                if let place = places[change[key]] {
                    result[place] =
                        isDelete ? nil : result[place]?.mergingStrategically(change, schema: element)
                    if isDelete { places[change[key]] = nil }
                } else if !isDelete {
                    places[change[key]] = result.count
                    result.append(change)
                }
            }
            return result.compactMap(\.self)
        }
    }

    /// The elements in the order of a list of values, or of objects with the merge key; those that it does not name
    /// follow.
    private static func order(_ elements: [JSONValue], as order: [JSONValue], by key: String?) -> [JSONValue] {
        func identity(_ element: JSONValue) -> JSONValue? { key.map { element[$0] } ?? element }
        let places = Dictionary(
            order.enumerated().map { (identity($0.element), $0.offset) }, uniquingKeysWith: { first, _ in first })
        let placed = elements.enumerated().map { (places[identity($0.element)] ?? order.count, $0.offset) }
        return placed.sorted(by: <).map { elements[$0.1] }
    }
}

extension String {
    /// What follows a prefix; nil where the string does not start with it.
    func suffix(after prefix: String) -> String? { hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil }
}
