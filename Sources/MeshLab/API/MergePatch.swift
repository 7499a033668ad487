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
                members[name] = .array(Self.order(elements, as: value.arrayValue ?? []))
            }
        }
        return .object(members)
    }

    private static func mergeLists(
        _ live: [JSONValue], _ patch: [JSONValue], element: Schema, kind: Schema.ListKind
    ) -> [JSONValue] {
        switch kind {
        case .atomic: return patch
        case .set: return live + patch.filter { !live.contains($0) }
        case .map(let keys):
            let key = keys[0]
            if patch.contains(where: { $0["$patch"]?.stringValue == "replace" }) {
                return patch.filter { $0["$patch"] == nil }
            }
            var result = live
            for change in patch {
                let place = result.firstIndex { $0[key] == change[key] }
                switch (place, change["$patch"]?.stringValue) {
                case (let place?, "delete"): result.remove(at: place)
                case (nil, "delete"): break
                case (let place?, _): result[place] = result[place].mergingStrategically(change, schema: element)
                case (nil, _): result.append(change)
                }
            }
            return result
        }
    }

    /// The elements in the order of a list of keys or values; those that it does not name follow.
    private static func order(_ elements: [JSONValue], as order: [JSONValue]) -> [JSONValue] {
        func place(_ element: JSONValue) -> Int {
            order.firstIndex { key in
                guard case .object(let members) = key else { return key == element }
                return members.allSatisfy { element[$0.key] == $0.value }
            } ?? order.count
        }
        return elements.enumerated().sorted { (place($0.element), $0.offset) < (place($1.element), $1.offset) }
            .map(\.element)
    }
}

extension String {
    /// What follows a prefix; nil where the string does not start with it.
    func suffix(after prefix: String) -> String? { hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil }
}
