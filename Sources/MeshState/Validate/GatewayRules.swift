/// Istio's rules about Gateways: servers, their ports, hosts and TLS.
enum GatewayRules {
    static func find(in object: Field, report: inout RuleReport) {
        let name = object["metadata"]["name"].text
        if !Names.isLabel(name) {
            report.error("metadata.name", since: IstioVersion(1, 5), "invalid gateway name: \(Names.quoted(name))")
        }
        let servers = object["spec"]["servers"]
        if servers.count == 0 { report.error(servers.path, "gateway must have at least one server") }
        var names: Set<String> = []
        for server in servers.elements {
            guard server.isSet else {
                report.error(server.path, "server may not be nil")
                continue
            }
            check(server: server, report: &report)
            guard server["port"].isSet else { continue }
            let portName = server["port"]["name"]
            if !names.insert(portName.text).inserted {
                let text = "port names in servers must be unique: duplicate name \(portName.text)"
                report.error(portName.path, text)
            }
        }
    }

    private static func check(server: Field, report: inout RuleReport) {
        let hosts = server["hosts"]
        if hosts.count == 0 { report.error(hosts.path, "server config must contain at least one host") }
        for host in hosts.elements { NamespacedHost.check(host, of: .gateway, report: &report) }
        checkPort(of: server, report: &report)
        checkBind(of: server, report: &report)
        let tls = server["tls"]
        if tls.isSet { ServerTLSRules.check(tls, report: &report) }
        let known = PortProtocol(parsing: server["port"]["protocol"].text)
        if !known.isHTTP, server["port"].isSet, tls["httpsRedirect"].isTrue {
            report.warning(
                tls["httpsRedirect"].path, since: IstioVersion(1, 14),
                "tls.httpsRedirect should only be used with http servers")
        }
        guard isSound(server["port"], bind: server["bind"].text) else { return }
        if known.isTLS {
            if !tls.isSet { report.error(server.path, "server must have TLS settings for HTTPS/TLS protocols") }
        } else if tls.isSet, known.isHTTP {
            // Nothing but a redirect to HTTPS makes sense here.
            let isPassthrough = ["", "PASSTHROUGH", "AUTO_PASSTHROUGH"].contains(tls["mode"].text)
            let files = ["caCertificates", "privateKey", "serverCertificate"]
            if !isPassthrough || files.contains(where: { !tls[$0].text.isEmpty }) {
                report.error(tls.path, "server cannot have TLS settings for plain text HTTP ports")
            }
        } else if tls.isSet {
            report.error(tls.path, "server cannot have TLS settings for non HTTPS/TLS ports")
        }
    }

    private static func checkPort(of server: Field, report: inout RuleReport) {
        let port = server["port"]
        guard port.isSet else { return report.error(port.path, "port is required") }
        if !isKnown(port) {
            let known = "HTTP, HTTP2, GRPC, GRPC-WEB, MONGO, REDIS, MYSQL, TCP"
            report.error(
                port["protocol"].path,
                "invalid protocol \(Names.quoted(port["protocol"].text)), supported protocols are \(known)")
        }
        if !hasNumber(port, bind: server["bind"].text), let error = Names.portNumberError(port["number"].integer) {
            report.error(port["number"].path, error)
        }
        if port["targetPort"].integer > 0 {
            report.error(
                port["targetPort"].path, since: IstioVersion(1, 15), "targetPort has no impact on Gateways")
        }
        if port["name"].text.isEmpty { report.error(port["name"].path, "port name must be set") }
    }

    private static func isKnown(_ port: Field) -> Bool {
        PortProtocol(parsing: port["protocol"].text) != .unsupported
    }

    private static func hasNumber(_ port: Field, bind: String) -> Bool {
        let number = port["number"].integer
        return (1...65535).contains(number) || (number == 0 && bind.hasPrefix(EndpointForm.unixPrefix))
    }

    /// Whether the rules about the port alone find nothing; only then its TLS is compared with its protocol.
    private static func isSound(_ port: Field, bind: String) -> Bool {
        port.isSet && isKnown(port) && hasNumber(port, bind: bind) && !port["name"].text.isEmpty
    }

    private static func checkBind(of server: Field, report: inout RuleReport) {
        let bind = server["bind"]
        if bind.text.hasPrefix(EndpointForm.unixPrefix) {
            if let error = Names.unixPathError(bind.text.dropFirst(EndpointForm.unixPrefix.count)) {
                report.error(bind.path, error)
            }
            if server["port"]["number"].integer != 0 {
                report.error(server["port"]["number"].path, "port number must be 0 for unix domain socket")
            }
        } else if !bind.text.isEmpty, let error = Names.addressError(bind.text) {
            report.error(bind.path, error)
        }
    }
}

/// Istio's rules about the TLS of servers, of Gateways and of a Sidecar's ingress.
enum ServerTLSRules {
    private static let terminating = ["SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL"]

    static func check(_ tls: Field, report: inout RuleReport) {
        let mode = tls["mode"].text.isEmpty ? "PASSTHROUGH" : tls["mode"].text
        if ["TLSV1_0", "TLSV1_1"].contains(tls["minProtocolVersion"].text), tls["cipherSuites"].count == 0 {
            report.warning(
                tls["minProtocolVersion"].path, since: IstioVersion(1, 15),
                "TLS version below TLSV1_2 require setting compatible ciphers as by default they no longer include "
                    + "compatible ciphers.")
        }
        if mode == "ISTIO_MUTUAL" { return checkMeshCertificates(tls, report: &report) }
        if mode.hasSuffix("PASSTHROUGH"), isGiven(tls, certificates.map(\.field) + ["caCrl"]) {
            report.warning(
                tls.path, since: IstioVersion(1, 15), "\(mode) mode does not use certificates, they will be ignored")
        }
        checkSources(tls, report: &report)
        guard terminating.contains(mode) else { return }
        // With a name, the credentials are fetched.
        if !isGiven(tls, ["credentialName", "credentialNames"]) {
            checkFiles(tls, mode: mode, report: &report)
        }
    }

    private static let certificates: [(field: String, words: String)] = [
        ("serverCertificate", "server certificate"), ("privateKey", "private key"), ("caCertificates", "CA bundle"),
        ("tlsCertificates", "tlsCertificates"), ("credentialName", "credentialName"),
        ("credentialNames", "credentialNames"),
    ]

    private static func isGiven(_ tls: Field, _ names: [String]) -> Bool {
        names.contains { !tls[$0].text.isEmpty || tls[$0].count > 0 }
    }

    /// The proxy's own certificate is used, so that there is none to be named.
    private static func checkMeshCertificates(_ tls: Field, report: inout RuleReport) {
        for (name, words) in certificates where isGiven(tls, [name]) {
            report.error(tls[name].path, "ISTIO_MUTUAL TLS cannot have associated \(words)")
        }
    }

    private static func checkSources(_ tls: Field, report: inout RuleReport) {
        let hasFiles = isGiven(tls, ["serverCertificate"]) && isGiven(tls, ["privateKey"])
        let named = ["credentialName", "credentialNames", "tlsCertificates"].count { isGiven(tls, [$0]) }
        guard named + (hasFiles ? 1 : 0) > 1 else { return }
        report.error(
            tls.path, since: IstioVersion(1, 27),
            "only one of credential_name, credential_names, server_certificate/private_key, tls_certificates should be "
                + "specified")
    }

    private static func checkFiles(_ tls: Field, mode: String, report: inout RuleReport) {
        let words = mode == "SIMPLE" ? "SIMPLE TLS" : "MUTUAL TLS"
        if mode != "SIMPLE", tls["caCertificates"].text.isEmpty {
            report.error(tls["caCertificates"].path, "\(words) requires a client CA bundle")
        }
        let several = tls["tlsCertificates"].elements
        if several.count > 2 {
            report.warning(tls["tlsCertificates"].path, "\(words) can support up to 2 server certificates")
        }
        for certificate in several.isEmpty ? [tls] : several {
            if certificate["serverCertificate"].text.isEmpty {
                report.error(certificate["serverCertificate"].path, "\(words) requires a server certificate")
            }
            if certificate["privateKey"].text.isEmpty {
                report.error(
                    certificate["privateKey"].path, since: IstioVersion(1, 1), "\(words) requires a private key")
            }
        }
        if mode == "SIMPLE", !tls["caCrl"].text.isEmpty {
            report.error(tls["caCrl"].path, "CRL is not supported with SIMPLE TLS")
        }
    }
}

/// Istio's rules about hosts with a namespace before them, such as `istio-system/*.example.com`.
enum NamespacedHost {
    enum Owner: String { case gateway, sidecar }

    static func check(_ host: Field, of owner: Owner, report: inout RuleReport) {
        let parts = host.text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            if owner == .gateway {
                checkName(host.text, host.path, of: owner, report: &report)
            } else {
                report.error(host.path, "host must be of form namespace/dnsName")
            }
            return
        }
        if parts.contains(where: \.isEmpty) {
            report.error(host.path, "config namespace and dnsName in host entry cannot be empty")
        }
        let special = owner == .gateway ? ["*", "."] : ["*", ".", "~"]
        if !special.contains(String(parts[0])), !Names.isLabel(parts[0]) {
            report.error(host.path, "invalid namespace value \(Names.quoted(parts[0])) in \(owner.rawValue)")
        }
        checkName(String(parts[1]), host.path, of: owner, report: &report)
    }

    private static func checkName(_ name: String, _ path: String, of owner: Owner, report: inout RuleReport) {
        if name != "*", !name.contains(".") { report.error(path, "short names (non FQDN) are not allowed") }
        // A gateway may be called by its address.
        if let error = Names.wildcardDomainError(name, in: report.version),
            owner == .sidecar || IPAddress(name) == nil
        {
            report.error(path, error)
        }
        if name.contains("*"), name != "*", !name.hasPrefix("*.") {
            report.error(path, since: IstioVersion(1, 11), "partial wildcard \(Names.quoted(name)) not allowed")
        }
    }
}
