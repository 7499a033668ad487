public import FoundationEssentials

/// Switches a ServiceEntry off and on again without losing anything of it.
///
/// What was there before is remembered in annotations, so that switching on restores it exactly: no `exportTo`, an
/// empty one and `["*"]` are three different things. A change carries the resourceVersion of the object it was made
/// from, so that the API refuses it when somebody else was faster.
public enum EntrySwitch {
    /// The label by which istiod decides whether an object is its own.
    static let revisionLabel = "istio.io/rev"
    /// A revision that no control plane has.
    static let offRevision = "meshtop-disabled"
    static let revisionBefore = "meshtop.dev/rev-before"
    static let exportToBefore = "meshtop.dev/export-to-before"
    static let switchedOff = "meshtop.dev/switched-off"

    /// The mechanism for istiod's version; the newest one's where the version is not known.
    public static func mechanism(for version: String) -> SwitchMechanism {
        guard let version = IstioVersion(parsing: version), version < IstioVersion(1, 17) else { return .revisionLabel }
        return version < IstioVersion(1, 7) ? .deletedWithCopy : .exportToNobody
    }

    /// How an entry is switched off; nil while it is on.
    public static func isOff(_ entry: ServiceEntry) -> SwitchMechanism? {
        if entry.meta.labels[revisionLabel] == offRevision { return .revisionLabel }
        return entry.exportTo == ["~"] ? .exportToNobody : nil
    }

    /// The change that switches an entry off.
    ///
    /// - Parameters:
    ///   - version: istiod's, which decides about the mechanism.
    ///   - user: who wants it; noted in the entry beside the time.
    public static func switchOff(
        _ entry: ServiceEntry, version: String, by user: String, at time: Date, id: Int
    ) throws(ChangeRefusal) -> ChangeRequest {
        guard isOff(entry) == nil else { throw ChangeRefusal("\(entry.meta.name) is switched off already") }
        var object = try changeable(entry)
        switch mechanism(for: version) {
        case .revisionLabel:
            annotate(&object, revisionBefore, object["metadata"]?["labels"]?[revisionLabel] ?? .null)
            set(&object, "labels", revisionLabel, .string(offRevision))
        case .exportToNobody:
            annotate(&object, exportToBefore, object["spec"]?["exportTo"] ?? .null)
            change(&object, "spec") { $0["exportTo"] = ["~"] }
        case .deletedWithCopy:
            throw ChangeRefusal(
                "Istio \(version) has no switch that keeps the entry in place: save it with `kubectl get serviceentry "
                    + "\(entry.meta.name) -n \(entry.meta.namespace) -o yaml`, then delete it")
        }
        set(&object, "annotations", switchedOff, .string("\(time.rfc3339Text) by \(user)"))
        Expiry.drop(.switchOff, from: &object)
        return ChangeRequest(
            id: id, target: entry.id, action: .replace(object), summary: "switch off \(entry.meta.name)")
    }

    /// The change that switches an entry on again, by whatever mechanism it was switched off.
    ///
    /// Where nothing remembers what was there before, because somebody else switched it off, the label or `exportTo` is
    /// removed, which leaves the entry to every control plane and namespace.
    public static func switchOn(_ entry: ServiceEntry, id: Int) throws(ChangeRefusal) -> ChangeRequest {
        guard isOff(entry) != nil else { throw ChangeRefusal("\(entry.meta.name) is on already") }
        var object = try changeable(entry)
        if object["metadata"]?["labels"]?[revisionLabel]?.stringValue == offRevision {
            set(&object, "labels", revisionLabel, try remembered(object, revisionBefore, in: entry))
        }
        if object["spec"]?["exportTo"] == ["~"] {
            let before = try remembered(object, exportToBefore, in: entry)
            change(&object, "spec") { $0["exportTo"] = before }
        }
        for name in [revisionBefore, exportToBefore, switchedOff] { set(&object, "annotations", name, nil) }
        Expiry.drop(.switchOn, from: &object)
        return ChangeRequest(
            id: id, target: entry.id, action: .replace(object), summary: "switch on \(entry.meta.name)")
    }

    /// The entry's object without what the API server writes itself.
    package static func changeable(_ entry: ServiceEntry) throws(ChangeRefusal) -> JSONValue {
        guard entry.object["metadata"] != nil, entry.object["spec"]?.objectValue != nil else {
            throw ChangeRefusal("\(entry.meta.name) was not read from the API")
        }
        var object = entry.object.withoutManagedFields
        object["status"] = nil
        return object
    }

    private static func annotate(_ object: inout JSONValue, _ name: String, _ value: JSONValue) {
        set(&object, "annotations", name, .string(value.jsonText()))
    }

    /// What an annotation remembers; nil for `null` and where there is none.
    private static func remembered(
        _ object: JSONValue, _ name: String, in entry: ServiceEntry
    ) throws(ChangeRefusal) -> JSONValue? {
        guard let text = object["metadata"]?["annotations"]?[name]?.stringValue else { return nil }
        do {
            let value = try JSONValue(parsing: text)
            // In a conditional expression `nil` would be JSON's null.
            guard !value.isNull else { return nil }
            return value
        } catch {
            throw ChangeRefusal(
                "the annotation \(name) of \(entry.meta.name) is damaged (\(error)): correct it with `kubectl edit`")
        }
    }

    /// Sets or removes a label or an annotation; a map that it empties goes as well.
    static func set(_ object: inout JSONValue, _ map: String, _ name: String, _ value: JSONValue?) {
        change(&object, "metadata") { metadata in
            var entries = metadata[map] ?? [:]
            guard value != nil || entries[name] != nil else { return }
            entries[name] = value
            metadata[map] = entries.objectValue?.isEmpty == true ? Optional.none : entries
        }
    }

    private static func change(_ object: inout JSONValue, _ key: String, _ body: (inout JSONValue) -> Void) {
        var part = object[key] ?? [:]
        body(&part)
        object[key] = part
    }
}
