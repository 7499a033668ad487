import MeshClient
import MeshState

extension MeshFacts {
    var diagnoses: [Diagnosis] {
        var all = [server] + (clock.map { [$0] } ?? []) + sources + access
        all += [policy, accessLog] + format
        return all + [counters, names, sync].compactMap { $0 }
    }

    // MARK: - The API

    private var server: Diagnosis {
        switch version {
        case .known(let found): .ok(.api, "server", "\(snapshot.identity.server) answers, \(found.version)")
        case .unknown(let reason):
            .fail(
                .api, "server", reason,
                remedy: "check --context, --server and the network; meshtop lab up starts a mesh of your own")
        }
    }

    private var clock: Diagnosis? {
        guard case .known((_, let ahead?)) = version else { return nil }
        // The header tells whole seconds.
        if abs(ahead) < 3 { return .ok(.api, "clock", "the server's is ours") }
        let seconds = Int(abs(ahead).rounded())
        return .warn(
            .api, "clock", "the server is \(seconds) s \(ahead > 0 ? "ahead of" : "behind") this machine",
            remedy: "ages and times of blocked calls are off by that much; synchronise both clocks (NTP)")
    }

    // MARK: - Rights

    private var access: [Diagnosis] {
        if let reason = rights.lazy.compactMap({ pair -> String? in
            if case .unknown(let reason) = pair.answer { reason } else { nil }
        }).first {
            return [.warn(.rights, "rights", "could not be asked for: \(reason)")]
        }
        let denied = rights.filter { $0.answer == .no }.map(\.need)
        if denied.isEmpty { return [.ok(.rights, "rights", "all \(rights.count) that meshtop makes use of")] }
        var order: [String] = []
        var needs: [String: [Need]] = [:]
        for need in denied {
            let key = "\(need.right.group)/\(need.right.resource)/\(need.right.namespace ?? "")"
            if needs[key] == nil { order.append(key) }
            needs[key, default: []].append(need)
        }
        return order.compactMap { key in
            guard let own = needs[key], let first = own.first else { return nil }
            let verbs = own.map(\.right.verb).joined(separator: ", ")
            let place = first.right.namespace.map { " in \($0)" } ?? ""
            return Diagnosis(
                subject: .rights, check: first.right.resource, verdict: own.contains(where: \.isVital) ? .fail : .warn,
                detail: "may not \(verbs)\(place); needed \(first.purpose)", remedy: Self.rule(for: first.right, own))
        }
    }

    /// The rule of a Role or ClusterRole that gives these rights.
    private static func rule(for right: AccessRight, _ needs: [Need]) -> String {
        let verbs = needs.map { "\"\($0.right.verb)\"" }.joined(separator: ", ")
        return "add to your role: {apiGroups: [\"\(right.group)\"], resources: [\"\(right.resource)\"], verbs: [\(verbs)]}"
    }

    // MARK: - Sources

    private var sources: [Diagnosis] {
        let kinds: [(name: String, isOwn: (SourceID) -> Bool, remedy: String)] = [
            ("API watches", { if case .watch = $0 { true } else { false } }, "see the rights above"),
            (
                "istiod", { $0 == .istiod },
                "the state of proxies and the policy come from istiod's debug port 15014, through services/proxy"
            ),
            (
                "Envoy admin", { if case .admin = $0 { true } else { false } },
                "connections and rates come from it, through pods/proxy, which gets there only where Envoy's admin port "
                    + "listens on the pod's address: Istio's own bootstrap binds it to loopback "
                    + "(sidecar.istio.io/bootstrapOverride)"
            ),
            (
                "access logs", { if case .accessLog = $0 { true } else { false } },
                "blocked calls come from the log of the container istio-proxy, through pods/log"
            ),
        ]
        return kinds.map { kind in
            let states = snapshot.sources.filter { kind.isOwn($0.key) }.sorted { $0.key < $1.key }
            let bad = states.compactMap { Self.complaint($0.value) }
            if states.isEmpty {
                return .warn(.api, kind.name, "there are none: no pod has a proxy", remedy: "check -n and the injection")
            }
            if bad.isEmpty {
                return .ok(.api, kind.name, states.count == 1 ? "answers" : "all \(states.count) answer")
            }
            let detail = states.count == 1 ? bad[0] : "\(bad.count) of \(states.count) do not answer: \(bad[0])"
            let verdict = bad.count == states.count && kind.name == "API watches" ? Diagnosis.Verdict.fail : .warn
            return Diagnosis(subject: .api, check: kind.name, verdict: verdict, detail: detail, remedy: kind.remedy)
        }
    }

    private static func complaint(_ state: SourceState) -> String? {
        switch state.condition {
        case .live: nil
        case .connecting: "no answer yet"
        case .failing(let reason, _, _), .denied(let reason): reason
        }
    }

    // MARK: - What the mesh lets be seen

    private var policy: Diagnosis {
        switch snapshot.policy {
        case nil: .warn(.mesh, "outbound policy", "is not known: istiod has not told")
        case .registryOnly: .ok(.mesh, "outbound policy", "REGISTRY_ONLY: what no entry names is blocked")
        case .allowAny?, .allowAnyDynamicDNS?:
            .warn(
                .mesh, "outbound policy",
                "\(snapshot.policy?.rawValue ?? ""): nothing is blocked; unknown hosts show as passthrough connections",
                remedy: "to block them: meshConfig.outboundTrafficPolicy.mode: REGISTRY_ONLY")
        }
    }

    private static let logRemedy = """
        meshConfig.accessLogFile: /dev/stdout, or without a restart:
        apiVersion: telemetry.istio.io/v1
        kind: Telemetry
        metadata: {name: access-log, namespace: istio-system}
        spec: {accessLogging: [{providers: [{name: envoy}]}]}
        """

    private var accessLog: Diagnosis {
        switch settings {
        case .unknown(let reason):
            return .warn(.mesh, "access log", "whether it is on is not known: \(reason)")
        case .known(let settings):
            let file = settings["accessLogFile"]?.stringValue ?? ""
            if ["/dev/stdout", "/dev/stderr"].contains(file) {
                return .ok(.mesh, "access log", "every proxy writes to \(file)")
            }
            if settings["defaultProviders"]?["accessLogging"]?.stringList.isEmpty == false {
                return .ok(.mesh, "access log", "on by meshConfig.defaultProviders")
            }
            if case .known(let objects) = telemetries, let on = objects.first(where: Self.turnsLogOn) {
                let name = "\(on["metadata"]?["namespace"]?.stringValue ?? "")/\(on["metadata"]?["name"]?.stringValue ?? "")"
                return .ok(.mesh, "access log", "on by Telemetry \(name)")
            }
            if !file.isEmpty {
                return .fail(
                    .mesh, "access log", "goes to the file \(file), which is not in the pods' logs: nothing blocked is seen",
                    remedy: Self.logRemedy)
            }
            return .fail(.mesh, "access log", "is off: nothing that is blocked can be seen", remedy: Self.logRemedy)
        }
    }

    private static func turnsLogOn(_ telemetry: JSONValue) -> Bool {
        (telemetry["spec"]?["accessLogging"]?.arrayValue ?? []).contains { $0["disabled"]?.boolValue != true }
    }

    private var format: [Diagnosis] {
        guard case .known(let settings) = settings, let format = settings["accessLogFormat"]?.stringValue,
            !format.isEmpty, settings["accessLogEncoding"]?.stringValue != "JSON"
        else { return [] }
        return [
            .warn(
                .mesh, "access log format", "is one of the mesh's own, of which meshtop may understand nothing",
                remedy: "take out meshConfig.accessLogFormat, or set meshConfig.accessLogEncoding: JSON with Istio's keys")
        ]
    }

    private var counters: Diagnosis? {
        let used = snapshot.connections.filter { $0.total.connections > 0 || $0.total.requests > 0 }
        guard !used.isEmpty else { return nil }
        let bare = used.filter { $0.total.bytesReceived == nil }
        if bare.isEmpty { return .ok(.mesh, "counters", "the proxies count bytes of every destination") }
        return .warn(
            .mesh, "counters",
            "\(bare.count) of \(used.count) destinations are counted without bytes: the proxies leave out these counters",
            remedy: "meshConfig.defaultConfig.proxyStatsMatcher.inclusionPrefixes: [\"cluster.outbound\", \"cluster.Passthrough\"], "
                + "or the annotation proxy.istio.io/config on the pods; then restart them")
    }

    private var names: Diagnosis? {
        let byAddress = snapshot.blocked.filter { $0.id.transport == .tcp }
        let nameless = byAddress.count { $0.name == nil }
        guard nameless > 0 else {
            return byAddress.isEmpty ? nil : .ok(.mesh, "names", "every blocked address has a name")
        }
        return .warn(
            .mesh, "names", "\(nameless) of \(byAddress.count) blocked addresses have no name that anything knows",
            remedy: "meshtop asks this machine's name servers; run it where those of the cluster are used, or name the "
                + "address in a service entry")
    }

    private var sync: Diagnosis? {
        let known = snapshot.proxies.filter { !$0.sync.isEmpty || $0.rejection != nil }
        guard !known.isEmpty else { return nil }
        if let rejected = known.first(where: { $0.rejection != nil }) {
            return .warn(
                .mesh, "configuration", "\(rejected.id) rejects what istiod sends: \(rejected.rejection ?? "")",
                remedy: "meshtop advise, meshtop validate, and the pane Proxies")
        }
        let behind = known.count { !$0.isInSync }
        if behind == 0 { return .ok(.mesh, "configuration", "all \(known.count) proxies are in sync") }
        return .warn(.mesh, "configuration", "\(behind) of \(known.count) proxies are not in sync", remedy: "wait, then look again")
    }
}
