/// Istio's rules about Sidecars: what the proxies of a namespace know of the rest of the mesh.
enum SidecarRules {
    static func find(in object: Field, report: inout RuleReport) {
        let spec = object["spec"]
        let selector = spec["workloadSelector"]
        let selectorErrors = Names.selectorErrors(selector["labels"].textMap)
        for error in selectorErrors { report.error(selector["labels"].path, error) }
        if !selectorErrors.isEmpty { return }
        if selector.isSet, selector["labels"].count == 0 {
            report.warning(
                selector.path, since: IstioVersion(1, 16),
                "sidecar: workload selector specified without labels, will be applied to all services in namespace")
        }
        if spec["egress"].count == 0 {
            let isEmpty = ["ingress", "outboundTrafficPolicy", "inboundConnectionPool"].allSatisfy {
                !spec[$0].isSet || spec[$0].value == []
            }
            if isEmpty {
                return report.error(
                    spec.path, since: IstioVersion(1, 10), "sidecar: empty configuration provided")
            }
            report.error(spec["egress"].path, until: IstioVersion(1, 10), "sidecar: missing egress")
        }
        checkIngress(spec["ingress"], report: &report)
        TrafficPolicyRules.checkPool(spec["inboundConnectionPool"], report: &report)
        checkEgress(spec["egress"], namespace: object["metadata"]["namespace"].text, report: &report)
        checkPolicy(spec["outboundTrafficPolicy"], report: &report)
    }

    // MARK: - Ingress

    private static func checkIngress(_ listeners: Field, report: inout RuleReport) {
        var numbers: Set<Int> = []
        for listener in listeners.elements {
            guard listener.isSet else {
                report.error(listener.path, "sidecar: ingress may not be null")
                continue
            }
            let port = listener["port"]
            guard port.isSet else {
                report.error(port.path, "sidecar: port is required for ingress listeners")
                continue
            }
            checkPort(port, report: &report)
            check(number: port["number"], bind: listener["bind"], report: &report)
            if !numbers.insert(port["number"].integer).inserted {
                report.error(port["number"].path, "sidecar: ports on IP bound listeners must be unique")
            }
            checkEndpoint(listener["defaultEndpoint"], report: &report)
            checkTLS(listener["tls"], report: &report)
            TrafficPolicyRules.checkPool(listener["connectionPool"], report: &report)
        }
    }

    private static func checkEndpoint(_ endpoint: Field, report: inout RuleReport) {
        let text = endpoint.text
        if text.isEmpty { return }
        if text.hasPrefix(EndpointForm.unixPrefix) {
            if let error = Names.unixPathError(text.dropFirst(EndpointForm.unixPrefix.count)) {
                report.error(endpoint.path, error)
            }
            return
        }
        let colon = text.lastIndex(of: ":") ?? text.endIndex
        let host = text[..<colon]
        let port = colon == text.endIndex ? "" : text[text.index(after: colon)...]
        if !["", "127.0.0.1", "0.0.0.0", "[::1]", "[::]"].contains(host) {
            let forms = "127.0.0.1:<port>,0.0.0.0:<port>,[::1]:port,[::]:port,unix://filepath or unset"
            report.error(endpoint.path, "sidecar: defaultEndpoint must be of form \(forms)")
        }
        guard let number = Int(port) else {
            return report.error(endpoint.path, "sidecar: defaultEndpoint port (\(port)) is not a number")
        }
        if let error = Names.portNumberError(number) { report.error(endpoint.path, error) }
    }

    private static func checkTLS(_ tls: Field, report: inout RuleReport) {
        guard tls.isSet else { return }
        if tls["subjectAltNames"].count > 0 {
            report.error(tls["subjectAltNames"].path, "sidecar: subjectAltNames is not supported in ingress tls")
        }
        if tls["httpsRedirect"].isTrue {
            report.error(tls["httpsRedirect"].path, "sidecar: httpsRedirect is not supported")
        }
        if !tls["credentialName"].text.isEmpty {
            report.error(tls["credentialName"].path, "sidecar: credentialName is not currently supported")
        }
        if ["ISTIO_MUTUAL", "AUTO_PASSTHROUGH"].contains(tls["mode"].text) {
            report.error(
                tls["mode"].path,
                "configuration is invalid: cannot set mode to \(tls["mode"].text) in sidecar ingress tls")
        }
        ServerTLSRules.check(tls, report: &report)
    }

    // MARK: - Egress

    private static func checkEgress(_ listeners: Field, namespace: String, report: inout RuleReport) {
        var numbers: Set<Int> = []
        var sockets: Set<String> = []
        let all = listeners.elements
        for (index, listener) in all.enumerated() {
            guard listener.isSet else {
                report.error(listener.path, "egress listener may not be null")
                continue
            }
            let port = listener["port"]
            if port.isSet {
                checkEgressPort(of: listener, report: &report)
                if port["number"].integer == 0, !sockets.insert(listener["bind"].text).inserted {
                    report.error(
                        listener["bind"].path, "sidecar: unix domain socket values for listeners must be unique")
                }
                if port["number"].integer != 0, !numbers.insert(port["number"].integer).inserted {
                    report.error(port["number"].path, "sidecar: ports on IP bound listeners must be unique")
                }
            } else if index < all.count - 1 {
                report.error(
                    listener.path,
                    "sidecar: the egress listener with empty port should be the last listener in the list")
            }
            if listener["hosts"].count == 0 {
                report.error(listener["hosts"].path, "sidecar: egress listener must contain at least one host")
            }
            checkHosts(listener["hosts"], namespace: namespace, report: &report)
        }
    }

    private static func checkEgressPort(of listener: Field, report: inout RuleReport) {
        let port = listener["port"]
        let bind = listener["bind"]
        checkPort(port, report: &report)
        guard port["number"].integer == 0 else { return check(number: port["number"], bind: bind, report: &report) }
        if !bind.text.hasPrefix(EndpointForm.unixPrefix) {
            report.error(bind.path, "sidecar: ports with 0 value must have a unix domain socket bind address")
        } else if let error = Names.unixPathError(bind.text.dropFirst(EndpointForm.unixPrefix.count)) {
            report.error(bind.path, error)
        }
        if listener["captureMode"].text == "IPTABLES" {
            report.error(
                listener["captureMode"].path,
                "sidecar: captureMode must be DEFAULT/NONE for unix domain socket listeners")
        }
    }

    private static func checkPort(_ port: Field, report: inout RuleReport) {
        if port["targetPort"].integer > 0 {
            report.error(
                port["targetPort"].path, since: IstioVersion(1, 15), "targetPort has no impact on Sidecars")
        }
        let name = port["name"]
        if !name.text.isEmpty, let error = Names.portNameError(name.text) { report.error(name.path, error) }
        let known = port["protocol"]
        if !PortProtocol(parsing: known.text).isKnown(in: report.version) {
            report.error(known.path, "unsupported protocol: \(known.text)")
        }
    }

    private static func check(number: Field, bind: Field, report: inout RuleReport) {
        if let error = Names.portNumberError(number.integer) { report.error(number.path, error) }
        if !bind.text.isEmpty, let error = Names.addressError(bind.text, in: report.version) {
            report.error(bind.path, error)
        }
    }

    private static func checkHosts(_ hosts: Field, namespace: String, report: inout RuleReport) {
        var seen: [Substring: Set<Substring>] = [:]
        for host in hosts.elements {
            let parts = host.text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 {
                let owner = parts[0] == "." ? namespace[...] : parts[0]
                let known = seen[owner] ?? []
                let isRepeated = parts[1] == "*" ? !known.isEmpty : known.contains(parts[1]) || known.contains("*")
                if isRepeated { report.warning(host.path, "duplicated egress host: \(host.text)") }
                seen[owner, default: []].insert(parts[1])
            }
            NamespacedHost.check(host, of: .sidecar, report: &report)
        }
        if seen["*"]?.contains("*") == true, seen.count > 1 {
            report.warning(hosts.path, "`*/*` host select all resources, no other hosts can be added")
        }
    }

    private static func checkPolicy(_ policy: Field, report: inout RuleReport) {
        let proxy = policy["egressProxy"]
        guard proxy.isSet else { return }
        guard policy["mode"].text == "ALLOW_ANY" else {
            return report.error(
                proxy.path, "sidecar: egress_proxy must be set only with ALLOW_ANY outbound_traffic_policy mode")
        }
        if let error = Names.domainError(proxy["host"].text, in: report.version) {
            report.error(proxy["host"].path, error)
        }
        guard proxy["port"].isSet else {
            return report.error(proxy["port"].path, "sidecar: egress_proxy port must be non-nil")
        }
        DestinationRules.check(proxy, report: &report)
    }
}
