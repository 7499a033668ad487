/// Istio's rules about DestinationRules: hosts, subsets and traffic policies.
enum DestinationRuleRules {
    static func find(in object: Field, report: inout RuleReport) {
        let spec = object["spec"]
        if let error = Names.wildcardDomainError(spec["host"].text, in: report.version) {
            report.error(spec["host"].path, error)
        }
        let namespace = object["metadata"]["namespace"].text
        TrafficPolicyRules.check(spec["trafficPolicy"], namespace: namespace, report: &report)
        var names: Set<String> = []
        for subset in spec["subsets"].elements {
            guard subset.isSet else {
                report.error(subset.path, "subset may not be null")
                continue
            }
            let name = subset["name"]
            if !names.insert(name.text).inserted {
                report.error(name.path, since: IstioVersion(1, 10), "duplicate subset names: \(name.text)")
            }
            if let error = DestinationRules.subsetNameError(name.text) { report.error(name.path, error) }
            for error in Names.labelErrors(subset["labels"].textMap) { report.error(subset["labels"].path, error) }
            TrafficPolicyRules.check(subset["trafficPolicy"], namespace: namespace, report: &report)
        }
        let selector = spec["workloadSelector"]
        let exportTo = ExportToRule.errors(
            spec["exportTo"].texts, namespace: namespace, of: selector.isSet ? .destinationRuleWithSelector : .other,
            in: report.version)
        for error in exportTo { report.error(spec["exportTo"].path, error) }
        guard selector.isSet else { return }
        for error in Names.selectorErrors(selector["matchLabels"].textMap) {
            report.error(selector["matchLabels"].path, error)
        }
        if selector["matchLabels"].count == 0 {
            report.warning(selector.path, "workload selector specified without labels")
        }
    }
}

/// Istio's rules about how connections to a destination are made: pools, load balancing, outliers, TLS.
enum TrafficPolicyRules {
    private static let parts = ["outlierDetection", "connectionPool", "loadBalancer", "tls"]

    static func check(_ policy: Field, namespace: String, report: inout RuleReport) {
        guard policy.isSet else { return }
        let own = ["portLevelSettings", "tunnel", "proxyProtocol", "retryBudget"]
        guard (parts + own).contains(where: { policy[$0].isSet }) else {
            return report.error(policy.path, "traffic policy must have at least one field")
        }
        if policy["tunnel"].isSet, policy["proxyProtocol"].isSet {
            return report.error(policy.path, "tunnel and proxyProtocol must not be set together")
        }
        check(parts: policy, namespace: namespace, report: &report)
        for setting in policy["portLevelSettings"].elements {
            check(portLevel: setting, namespace: namespace, report: &report)
        }
        if policy["tunnel"].isSet { check(tunnel: policy["tunnel"], report: &report) }
    }

    private static func check(portLevel setting: Field, namespace: String, report: inout RuleReport) {
        guard setting.isSet else { return report.error(setting.path, "traffic policy may not be null") }
        let port = setting["port"]
        if !port.isSet {
            report.error(port.path, "portTrafficPolicy must have valid port")
        } else if let error = Names.portNumberError(port["number"].integer) {
            // istiod takes it, and no port of a service can ever be meant.
            report.warning(port["number"].path, since: .first, error)
        }
        guard parts.contains(where: { setting[$0].isSet }) else {
            return report.error(setting.path, "port traffic policy must have at least one field")
        }
        check(parts: setting, namespace: namespace, report: &report)
    }

    private static func check(parts policy: Field, namespace: String, report: inout RuleReport) {
        if policy["outlierDetection"].isSet { check(outliers: policy["outlierDetection"], report: &report) }
        checkPool(policy["connectionPool"], report: &report)
        if policy["loadBalancer"].isSet {
            let knowsOutliers = policy["outlierDetection"].isSet
            check(loadBalancer: policy["loadBalancer"], knowsOutliers: knowsOutliers, report: &report)
        }
        if policy["tls"].isSet { check(tls: policy["tls"], namespace: namespace, report: &report) }
    }

    private static func check(tunnel: Field, report: inout RuleReport) {
        if !["", "CONNECT", "POST"].contains(tunnel["protocol"].text) {
            report.error(tunnel["protocol"].path, "tunnel protocol must be \"CONNECT\" or \"POST\"")
        }
        let host = tunnel["targetHost"]
        if let error = Names.domainError(host.text), IPAddress(host.text) == nil {
            report.error(host.path, "tunnel target host must be valid FQDN or IP address: \(error)")
        }
        let port = tunnel["targetPort"]
        if let error = Names.portNumberError(port.integer) {
            report.error(port.path, "tunnel target port is invalid: \(error)")
        }
    }

    private static func check(outliers: Field, report: inout RuleReport) {
        if outliers["consecutiveErrors"].integer != 0 {
            report.warning(
                outliers["consecutiveErrors"].path,
                "outlier detection consecutive errors is deprecated, use consecutiveGatewayErrors or "
                    + "consecutive5xxErrors instead")
        }
        let local = outliers["consecutiveLocalOriginFailures"]
        if !outliers["splitExternalLocalOriginErrors"].isTrue, local.integer > 0 {
            report.error(
                local.path, since: IstioVersion(1, 10),
                "outlier detection consecutive local origin failures is specified, but split external local origin "
                    + "errors is set to false")
        }
        for name in ["maxEjectionPercent", "minHealthPercent"] {
            let percent = outliers[name]
            guard !(0...100).contains(percent.integer) else { continue }
            report.error(percent.path, "percentage \(percent.integer) is not in range 0..100")
        }
    }

    /// Of a DestinationRule or of a Sidecar.
    static func checkPool(_ pool: Field, report: inout RuleReport) {
        guard pool.isSet else { return }
        let http = pool["http"]
        let tcp = pool["tcp"]
        if !http.isSet, !tcp.isSet {
            return report.error(pool.path, "connection pool must have at least one field")
        }
        let counts = [
            (http["http1MaxPendingRequests"], "http1 max pending requests"),
            (http["http2MaxRequests"], "http2 max requests"),
            (http["maxRequestsPerConnection"], "max requests per connection"), (http["maxRetries"], "max retries"),
            (http["maxConcurrentStreams"], "max concurrent streams"), (tcp["maxConnections"], "max connections"),
        ]
        for (count, words) in counts where count.integer < 0 {
            report.error(count.path, "\(words) must be non-negative")
        }
        if http["h2UpgradePolicy"].text == "UPGRADE", http["useClientProtocol"].isTrue {
            report.error(
                http["useClientProtocol"].path, "use client protocol must not be true when H2UpgradePolicy is UPGRADE")
        }
    }

    private static func check(loadBalancer: Field, knowsOutliers: Bool, report: inout RuleReport) {
        let hash = loadBalancer["consistentHash"]
        if hash["httpCookie"].isSet, hash["httpCookie"]["name"].text.isEmpty {
            report.error(hash["httpCookie"]["name"].path, "name required for HttpCookie")
        }
        if hash["minimumRingSize"].integer != 0 {
            report.warning(
                hash["minimumRingSize"].path,
                "consistent hash MinimumRingSize is deprecated, use ConsistentHashLB's RingHash configuration instead")
            if hash["ringHash"].isSet || hash["maglev"].isSet {
                report.error(hash.path, "only one of MinimumRingSize or Maglev/Ringhash can be specified")
            }
        }
        if hash["maglev"].isSet { check(maglevSize: hash["maglev"]["tableSize"], report: &report) }
        check(locality: loadBalancer["localityLbSetting"], knowsOutliers: knowsOutliers, report: &report)
    }

    private static func check(maglevSize size: Field, report: inout RuleReport) {
        let number = size.integer
        if number <= 0 { return report.error(size.path, "tableSize must be set for maglev") }
        if number >= 5_000_011 { return report.error(size.path, "tableSize must be less than 5000011 for maglev") }
        let isPrime = number > 1 && !(2...).prefix { $0 * $0 <= number }.contains { number.isMultiple(of: $0) }
        if !isPrime { report.error(size.path, "tableSize must be a prime number for maglev") }
    }

    private static func check(locality: Field, knowsOutliers: Bool, report: inout RuleReport) {
        let distribute = locality["distribute"]
        let failover = locality["failover"]
        if distribute.count > 0, failover.count > 0 {
            let text = "can not simultaneously specify 'distribute' and 'failover'"
            return report.error(locality.path, text)
        }
        for share in distribute.elements {
            let weights = share["to"].members.map { $0.field.integer }
            if !weights.allSatisfy({ (1...100).contains($0) }) {
                report.error(share["to"].path, "locality weight must be in range [1, 100]")
            } else if weights.reduce(0, +) != 100 {
                report.error(share["to"].path, "total locality weight \(weights.reduce(0, +)) != 100")
            }
        }
        if failover.count > 0 || locality["failoverPriority"].count > 0, !knowsOutliers {
            report.warning(locality.path, "outlier detection policy must be provided for failover")
        }
        for pair in failover.elements {
            let regions = [pair["from"].text, pair["to"].text]
            if regions[0] == regions[1] {
                report.error(pair.path, "locality lb failover settings must specify different regions")
            }
            if regions.contains(where: { $0.contains("/") }) {
                report.error(pair.path, since: IstioVersion(1, 10), "locality lb failover only specify region")
            }
            if regions.contains(where: { $0.contains("*") }) {
                report.error(pair.path, "locality lb failover region should not contain '*' wildcard")
            }
        }
    }

    // MARK: - TLS

    private static let files = ["clientCertificate", "caCertificates", "privateKey", "caCrl"]

    private static func check(tls: Field, namespace: String, report: inout RuleReport) {
        let mode = tls["mode"].text
        let isNamed = !tls["credentialName"].text.isEmpty
        checkConfigMap(tls["credentialName"], namespace: namespace, report: &report)
        if tls["insecureSkipVerify"].isTrue { checkUnverified(tls, mode: mode, report: &report) }
        switch mode {
        case "SIMPLE" where isNamed, "MUTUAL" where isNamed:
            guard files.contains(where: { !tls[$0].text.isEmpty }) else { return }
            report.error(
                tls.path, "cannot specify client certificates or CA certificate or CA CRL If credentialName is set")
        case "MUTUAL":
            if tls["clientCertificate"].text.isEmpty {
                report.error(tls["clientCertificate"].path, "client certificate required for mutual tls")
            }
            if tls["privateKey"].text.isEmpty {
                report.error(tls["privateKey"].path, "private key required for mutual tls")
            }
        case "ISTIO_MUTUAL":
            for name in files.dropLast() + ["credentialName"] where !tls[name].text.isEmpty {
                // istiod takes it, and uses the proxy's own certificate all the same.
                report.warning(
                    tls[name].path, since: .first, "\(name) is not used in the mode ISTIO_MUTUAL, which has its own")
            }
        default: break
        }
    }

    private static func checkConfigMap(_ name: Field, namespace: String, report: inout RuleReport) {
        let prefix = "configmap://"
        guard name.text.hasPrefix(prefix) else { return }
        let parts = name.text.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 1, !namespace.isEmpty, parts[0] != namespace else { return }
        report.error(
            name.path, since: IstioVersion(1, 27),
            "invalid configmap:// credentialName: namespace must match the configuration namespace "
                + Names.quoted(namespace))
    }

    private static func checkUnverified(_ tls: Field, mode: String, report: inout RuleReport) {
        let hasNames = tls["subjectAltNames"].isSet
        let hasAuthority = !tls["caCertificates"].text.isEmpty
        if mode == "SIMPLE", hasAuthority || hasNames || !tls["credentialName"].text.isEmpty {
            report.error(
                tls.path, since: IstioVersion(1, 13),
                "cannot specify CaCertificates or CredentialName or SubjectAltNames when InsecureSkipVerify is set true"
            )
        }
        if mode == "MUTUAL", hasAuthority || hasNames {
            report.error(
                tls.path, since: IstioVersion(1, 13),
                "cannot specify CaCertificates or SubjectAltNames when InsecureSkipVerify is set true")
        }
    }
}
