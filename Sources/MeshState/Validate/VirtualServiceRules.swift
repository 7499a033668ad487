/// Istio's rules about VirtualServices: hosts, gateways, and the routes for connections; `HTTPRouteRules` has those for
/// requests.
enum VirtualServiceRules {
    static func find(in object: Field, report: inout RuleReport) {
        let spec = object["spec"]
        let gateways = spec["gateways"]
        let isForMesh = gateways.count == 0 || gateways.texts.contains("mesh")
        if spec["hosts"].count == 0 { checkDelegate(spec, report: &report) }
        GatewayNames.check(gateways, report: &report)
        checkHosts(spec, isForMesh: isForMesh, report: &report)
        let routes = ["http", "tls", "tcp"].map { spec[$0] }
        if routes.allSatisfy({ $0.count == 0 }) {
            report.error(spec.path, "http, tcp or tls must be provided in virtual service")
        }
        let isDelegate = spec["hosts"].count == 0
        for route in spec["http"].elements {
            HTTPRouteRules.check(route, isDelegate: isDelegate, isForMesh: isForMesh, report: &report)
        }
        let hosts = HostSet(spec["hosts"].texts)
        for route in spec["tls"].elements where route.isSet {
            check(tls: route, hosts: hosts, isForMesh: isForMesh, report: &report)
        }
        for route in spec["tcp"].elements where route.isSet { check(tcp: route, report: &report) }
        let exportTo = ExportToRule.errors(
            spec["exportTo"].texts, namespace: object["metadata"]["namespace"].text, of: .other, in: report.version)
        for error in exportTo { report.error(spec["exportTo"].path, error) }
        RouteReach.check(spec, report: &report)
    }

    /// Without hosts it is a delegate, whose routes another VirtualService refers to (since 1.6).
    private static func checkDelegate(_ spec: Field, report: inout RuleReport) {
        report.error(spec["hosts"].path, until: IstioVersion(1, 6), "virtual service must have at least one host")
        for (name, words) in [("gateways", "gateways"), ("tls", "tls route"), ("tcp", "tcp route")]
        where spec[name].count > 0 {
            report.error(
                spec[name].path, since: IstioVersion(1, 6), "delegate virtual service must have no \(words) specified")
        }
    }

    private static func checkHosts(_ spec: Field, isForMesh: Bool, report: inout RuleReport) {
        var areValid = true
        for host in spec["hosts"].elements {
            let text = host.text
            if let error = nameError(text, isForMesh: isForMesh, in: report.version) {
                // An address may stand for a name.
                if IPAddress(text) != nil { continue }
                report.error(host.path, error)
                areValid = false
            } else if isForMesh, text == "*" {
                report.error(
                    host.path, "wildcard host * is not allowed for virtual services bound to the mesh gateway")
                areValid = false
            }
        }
        guard areValid else { return }
        for (index, first, second) in HostSet.overlaps(spec["hosts"].texts) {
            report.error("spec.hosts[\(index)]", "duplicate hosts in virtual service: \(first) & \(second)")
        }
    }

    /// Gateways in AUTO_PASSTHROUGH mode route by names that start with `outbound_`.
    private static func nameError(_ name: String, isForMesh: Bool, in version: IstioVersion) -> String? {
        if !isForMesh, name.hasPrefix("outbound_."), name.utf8.count <= 255 { return nil }
        return Names.wildcardDomainError(name, in: version)
    }

    // MARK: - Connections

    private static func check(tls route: Field, hosts: HostSet, isForMesh: Bool, report: inout RuleReport) {
        if route["match"].count == 0 {
            report.error(route["match"].path, "TLS route must have at least one match condition")
        }
        for match in route["match"].elements {
            guard match.isSet else {
                report.error(match.path, "TLS match may not be null")
                continue
            }
            if match["sniHosts"].count == 0 {
                report.error(match["sniHosts"].path, "TLS match must have at least one SNI host")
            }
            for sniHost in match["sniHosts"].elements {
                check(sniHost: sniHost, hosts: hosts, isForMesh: isForMesh, report: &report)
            }
            check(stream: match, report: &report)
        }
        checkStreamDestinations(route, "TLS", report: &report)
    }

    private static func check(sniHost: Field, hosts: HostSet, isForMesh: Bool, report: inout RuleReport) {
        let name = sniHost.text
        if let error = nameError(name, isForMesh: isForMesh, in: report.version) {
            guard IPAddress(name) != nil else { return report.error(sniHost.path, since: IstioVersion(1, 1), error) }
            if report.version >= IstioVersion(1, 13) {
                let text = "using an IP address (\(Names.quoted(name))) goes against SNI spec and most clients do not"
                return report.warning(sniHost.path, "\(text) support this")
            }
        }
        guard !hosts.covers(name) else { return }
        report.error(
            sniHost.path, since: IstioVersion(1, 1), until: IstioVersion(1, 6),
            "SNI host is not a compatible subset of the virtual service hosts: \(name)")
        report.error(
            sniHost.path, since: IstioVersion(1, 6),
            "SNI host \(Names.quoted(name)) is not a compatible subset of any of the virtual service hosts: "
                + "[\(hosts.summary)]")
    }

    private static func check(tcp route: Field, report: inout RuleReport) {
        for match in route["match"].elements {
            guard match.isSet else {
                report.error(match.path, "tcp match may not be nil")
                continue
            }
            check(stream: match, report: &report)
        }
        checkStreamDestinations(route, "TCP", report: &report)
    }

    private static func check(stream match: Field, report: inout RuleReport) {
        for subnet in match["destinationSubnets"].elements {
            guard let error = Names.subnetError(subnet.text, in: report.version) else { continue }
            report.error(subnet.path, error)
        }
        checkSource(of: match, report: &report)
    }

    private static func checkStreamDestinations(_ route: Field, _ kind: String, report: inout RuleReport) {
        let count = route["route"].count
        if count == 0 {
            report.error(route["route"].path, since: IstioVersion(1, 1), "\(kind) route is required")
        }
        if count != 1 {
            report.error(
                route["route"].path, until: IstioVersion(1, 1), "\(kind) route must have exactly one destination")
        }
        DestinationRules.check(weighted: route["route"], report: &report)
    }

    /// What matches of requests and of connections have in common.
    static func checkSource(of match: Field, report: inout RuleReport) {
        let port = match["port"]
        if port.integer != 0, let error = Names.portNumberError(port.integer) { report.error(port.path, error) }
        for error in Names.labelErrors(match["sourceLabels"].textMap) {
            report.error(match["sourceLabels"].path, error)
        }
        GatewayNames.check(match["gateways"], report: &report)
    }
}

/// Istio's rules about the names of gateways, such as `mesh` or `istio-system/egress`.
enum GatewayNames {
    static func check(_ names: Field, report: inout RuleReport) {
        for name in names.elements {
            let parts = name.text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, report.version >= IstioVersion(1, 1) else {
                checkOldForm(name, report: &report)
                // istiod looks no further, since 1.1.
                if report.version >= IstioVersion(1, 1) { return }
                continue
            }
            if parts.contains(where: \.isEmpty) {
                report.error(name.path, "config namespace and gateway name cannot be empty")
            }
            for (part, words) in zip(parts, ["namespace", "gateway name"]) where !Names.isLabel(part) {
                report.error(name.path, "invalid value for \(words): \(Names.quoted(part))")
            }
        }
    }

    private static func checkOldForm(_ name: Field, report: inout RuleReport) {
        let parts = name.text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        if parts.count > 1 {
            let better = Names.quoted("\(parts[1])/\(parts[0])")
            let text =
                "using legacy gatewayName format \(Names.quoted(name.text)); prefer the <namespace>/<name> format"
            report.warning(name.path, "\(text): \(better)")
        }
        if let error = Names.domainError(name.text, in: report.version) { report.error(name.path, error) }
    }
}

/// Istio's rules about where routes lead.
enum DestinationRules {
    /// A list of destinations with weights.
    static func check(weighted list: Field, report: inout RuleReport) {
        var total = 0
        for element in list.elements {
            guard element.isSet else {
                report.error(element.path, "weight may not be nil")
                continue
            }
            if element["destination"].isSet {
                check(element["destination"], report: &report)
            } else {
                report.error(element["destination"].path, "destination is required")
            }
            HeaderRules.check(operations: element["headers"], report: &report)
            let weight = element["weight"].integer
            checkWeight(weight, element["weight"].path, report: &report)
            total = total.addingReportingOverflow(weight).partialValue
        }
        guard list.count > 1 else { return }
        if total != 100 {
            report.error(list.path, until: IstioVersion(1, 13), "total destination weight \(total) != 100")
        }
        if total == 0 { report.error(list.path, since: IstioVersion(1, 13), "total destination weight = 0") }
    }

    /// Weights are shares of 100 before 1.13, and any numbers since.
    private static func checkWeight(_ weight: Int, _ path: String, report: inout RuleReport) {
        if !(0...100).contains(weight) {
            report.error(path, until: IstioVersion(1, 13), "percentage \(weight) is not in range 0..100")
        }
        if weight < 0 { report.error(path, since: IstioVersion(1, 13), "weight \(weight) < 0") }
    }

    /// A host with its subset and port.
    static func check(_ destination: Field, report: inout RuleReport) {
        let host = destination["host"]
        if host.text == "*", report.version >= IstioVersion(1, 1) {
            report.error(host.path, "invalid destination host *")
        } else if let error = Names.wildcardDomainError(host.text, in: report.version) {
            report.error(host.path, error)
        }
        let subset = destination["subset"]
        if !subset.text.isEmpty, let error = subsetNameError(subset.text) { report.error(subset.path, error) }
        let number = destination["port"]["number"]
        if destination["port"].isSet, let error = Names.portNumberError(number.integer) {
            report.error(number.path, error)
        }
    }

    static func subsetNameError(_ name: String) -> String? {
        if name.isEmpty { return "subset name cannot be empty" }
        return Names.isLabel(name) ? nil : "subset name is invalid: \(name)"
    }
}
