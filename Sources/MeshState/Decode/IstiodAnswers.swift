/// What to do about an answer that is not istiod's.
private let istiodRemedy = "check that the address is istiod's port 15014 or 8080"

extension ProxySync {
    /// Reads istiod's `/debug/syncz` in the form with a pair of versions for each type and in the newer one with
    /// `resources`; the empty object that old releases end the list with is passed over.
    public static func list(from document: JSONValue) throws(DecodeError) -> [ProxySync] {
        guard let elements = document.arrayValue ?? (document.isNull ? [] : nil) else {
            throw DecodeError(
                object: "istiod's /debug/syncz", field: "", problem: "is not a list", remedy: istiodRemedy)
        }
        var result: [ProxySync] = []
        for (index, element) in elements.enumerated() where element != [:] {
            let reader = try FieldReader(
                element, object: "istiod's /debug/syncz", path: "[\(index)]", remedy: istiodRemedy)
            let name = try reader.required("proxy")
            guard let dot = name.lastIndex(of: ".") else {
                throw reader.error("proxy", "is no POD.NAMESPACE: \(name)")
            }
            var sync = ProxySync(
                proxy: ProxyID(pod: String(name[..<dot]), namespace: String(name[name.index(after: dot)...])),
                istioVersion: try reader.string("istio_version") ?? "", states: [:])
            for (type, key) in [("CDS", "cluster"), ("LDS", "listener"), ("RDS", "route"), ("EDS", "endpoint")] {
                sync.states[type] = SyncState(
                    sent: try reader.string("\(key)_sent"), acknowledged: try reader.string("\(key)_acked"))
            }
            if let resources = try reader.child("resources") { try sync.read(resources) }
            result.append(sync)
        }
        return result
    }

    private mutating func read(_ resources: FieldReader) throws(DecodeError) {
        for (type, message) in [
            ("CDS", "cluster.v3.Cluster"), ("LDS", "listener.v3.Listener"),
            ("RDS", "route.v3.RouteConfiguration"), ("EDS", "endpoint.v3.ClusterLoadAssignment"),
        ] {
            guard let status = try resources.child("type.googleapis.com/envoy.config.\(message)") else { continue }
            states[type] = SyncState(sent: try status.string("sent"), acknowledged: try status.string("acked"))
            if let error = try status.string("lastError"), !error.isEmpty {
                states[type] = .rejected
                lastError = lastError ?? "\(type): \(error)"
            }
        }
    }
}

extension SyncState {
    /// What two versions of one type mean, by the rules of `istioctl proxy-status`.
    init(sent: String?, acknowledged: String?) {
        let sent = sent ?? ""
        let acknowledged = acknowledged ?? ""
        if sent.isEmpty {
            self = .notSent
        } else if sent == acknowledged {
            self = .synced
        } else {
            self = acknowledged.isEmpty ? .neverAcknowledged : .stale
        }
    }
}

extension OutboundPolicy {
    /// Reads the policy from istiod's `/debug/mesh`.
    ///
    /// REGISTRY_ONLY is the zero value, so that it shows as an empty object; a mesh configuration without the object
    /// has Istio's default, ALLOW_ANY.
    public init(mesh document: JSONValue) throws(DecodeError) {
        let reader = try FieldReader(document, object: "istiod's /debug/mesh", remedy: istiodRemedy)
        guard let policy = try reader.child("outboundTrafficPolicy") else {
            self = .allowAny
            return
        }
        switch try policy.string("mode") {
        case nil: self = .registryOnly
        case let other?:
            guard let known = Self(rawValue: other) else {
                throw policy.error("mode", "is \"\(other)\", which is unknown", remedy: "use a newer meshtop")
            }
            self = known
        }
    }

    /// Reads the policy that Istio's own ConfigMap sets; nil for any other object.
    public init?(configMap object: JSONValue) throws(DecodeError) {
        guard object["kind"]?.stringValue == "ConfigMap", object["metadata"]?["name"]?.stringValue == "istio",
            let text = object["data"]?["mesh"]?.stringValue
        else { return nil }
        let reader = try FieldReader(kubernetes: object, kind: "ConfigMap")
        let settings: JSONValue
        do {
            settings = try YAMLText.parse(text).first ?? [:]
        } catch {
            throw reader.error("data.mesh", "is no YAML: \(error)")
        }
        guard let mode = settings["outboundTrafficPolicy"]?["mode"]?.stringValue else {
            self = .allowAny
            return
        }
        guard let known = Self(rawValue: mode) else {
            throw reader.error(
                "data.mesh", "has the outboundTrafficPolicy.mode \"\(mode)\", which is unknown",
                remedy: "use a newer meshtop")
        }
        self = known
    }
}

extension IstioVersion {
    /// What istiod's `/version` answers without the commit that it was built from: `1.28.0` for `1.28.0-4e7a…-Clean`.
    public static func shownVersion(_ answer: String) -> String {
        let parts = answer.split { $0.isWhitespace || $0 == "\"" }.first?.split(separator: "-") ?? []
        let kept = parts.prefix { part in
            let isCommit = part.utf8.count >= 12 && part.allSatisfy(\.isHexDigit)
            return !isCommit && part != "Clean" && part != "Modified"
        }
        return kept.joined(separator: "-").madeSafe
    }
}
