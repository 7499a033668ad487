import Foundation
import MeshState

/// TLS at both ends: towards endpoints, and towards clients of a gateway or of a workload.
///
/// Certificates are read by Envoy when a configuration names them, and not watched: every watch takes one of the few
/// inotify instances that a user has.
extension ResourceWriter {
    private static let upstreamType = "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
    private static let downstreamType = "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"
    private static let versions: JSONValue = [
        "tls_minimum_protocol_version": "TLSv1_2", "tls_maximum_protocol_version": "TLSv1_3",
    ]
    private static let rawBuffer = filter(
        "envoy.transport_sockets.raw_buffer", "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer")
    /// What an endpoint's metadata says of a proxy that speaks the mesh's mutual TLS.
    static let meshTLSMatch: JSONValue = ["tlsMode": "istio"]

    /// What proxies of the mesh offer each other in place of an application's protocol.
    enum MeshProtocols {
        /// To a server of the mesh.
        static let offered = ["istio-peer-exchange", "istio"]
        static let offeredWithHTTP2 = ["istio-peer-exchange", "istio", "h2"]
        /// By which a server knows one of the mesh, for TCP and for everything.
        static let tcp = ["istio-peer-exchange", "istio"]
        static let any = ["istio", "istio-peer-exchange", "istio-http/1.0", "istio-http/1.1", "istio-h2"]
        static let http = ["h2", "http/1.1"]
    }

    // MARK: Towards endpoints

    /// The members of a cluster that say how its connections are secured.
    func transport(_ plan: ClusterPlan) -> [String: JSONValue] {
        let speaksHTTP2 = plan.upstreamHTTP == .http2
        switch plan.tls {
        case .plain: return [:]
        case .automatic(let sni, let names):
            // With no endpoints known beforehand, none is known to speak it.
            if case .originalDestination = plan.discovery { return [:] }
            let mesh = meshTLS(sni: sni, subjectAltNames: names, speaksHTTP2: speaksHTTP2)
            return [
                "transport_socket_matches": [
                    ["name": "tlsMode-istio", "match": Self.meshTLSMatch, "transport_socket": mesh],
                    ["name": "tlsMode-disabled", "match": [:], "transport_socket": Self.rawBuffer],
                ]
            ]
        case .originate(let tls):
            switch tls.mode {
            case .disable: return [:]
            case .istioMutual:
                let sni =
                    tls.sni ?? ClusterPlan.serverName(port: plan.port, subset: plan.subset, host: plan.host)
                return [
                    "transport_socket": meshTLS(
                        sni: sni, subjectAltNames: tls.subjectAltNames, speaksHTTP2: speaksHTTP2)
                ]
            case .simple, .mutual:
                return ["transport_socket": originated(tls, speaksHTTP2: speaksHTTP2)]
            }
        }
    }

    private func meshTLS(sni: String, subjectAltNames: [String], speaksHTTP2: Bool) -> JSONValue {
        var common = workload.members(subjectAltNames: subjectAltNames, otherwise: missingSecret)
        common["alpn_protocols"] = JSONValue(speaksHTTP2 ? MeshProtocols.offeredWithHTTP2 : MeshProtocols.offered)
        return Self.tls(Self.upstreamType, common, ["sni": .string(sni)])
    }

    private func originated(_ tls: DestinationRule.ClientTLS, speaksHTTP2: Bool) -> JSONValue {
        let credential = tls.credentialName.map { context.credentials[$0] }
        var common: [String: JSONValue] = [:]
        if speaksHTTP2 { common["alpn_protocols"] = ["h2"] }
        if tls.mode == .mutual {
            let pair =
                credential.map { CertificatePair(secret: $0) }
                ?? CertificatePair(certificate: file(tls.clientCertificate), key: file(tls.privateKey))
            common.merge(identity(pair)) { $1 }
        }
        let isChecked = tls.insecureSkipVerify != true
        if isChecked {
            let authorities = credential.map { .text($0?.authorities) } ?? file(tls.caCertificates ?? "system")
            common.merge(validation(authorities, subjectAltNames: tls.subjectAltNames)) { $1 }
        }
        var members: [String: JSONValue] = [:]
        if let sni = tls.sni {
            members["sni"] = .string(sni)
            if isChecked && tls.subjectAltNames.isEmpty { members["auto_sni_san_validation"] = true }
        }
        return Self.tls(Self.upstreamType, common, members)
    }

    // MARK: Towards clients

    /// How a gateway answers TLS; nil where it passes it on.
    func answered(_ tls: Gateway.ServerTLS, isHTTP: Bool) -> JSONValue? {
        var common: [String: JSONValue]
        let credential = tls.credentialName.map { context.credentials[$0] }
        switch tls.mode {
        case .passthrough, .autoPassthrough: return nil
        case .istioMutual: common = workload.members(subjectAltNames: tls.subjectAltNames, otherwise: missingSecret)
        case .simple, .mutual, .optionalMutual:
            common = identity(
                credential.map { CertificatePair(secret: $0) }
                    ?? CertificatePair(certificate: file(tls.serverCertificate), key: file(tls.privateKey)))
            if tls.mode != .simple {
                let authorities = credential.map { .text($0?.authorities) } ?? file(tls.caCertificates)
                common.merge(validation(authorities, subjectAltNames: tls.subjectAltNames)) { $1 }
            }
        }
        let speaksMesh = tls.mode == .istioMutual && !isHTTP
        common["alpn_protocols"] = JSONValue((speaksMesh ? ["istio-peer-exchange"] : []) + MeshProtocols.http)
        let isRequired = tls.mode == .mutual || tls.mode == .istioMutual
        return Self.tls(Self.downstreamType, common, ["require_client_certificate": .bool(isRequired)])
    }

    /// How a workload's proxy answers proxies of the mesh.
    func inboundTLS(isHTTP: Bool) -> JSONValue {
        var common = workload.members(subjectAltNames: [], otherwise: missingSecret)
        common["alpn_protocols"] = JSONValue((isHTTP ? [] : ["istio-peer-exchange"]) + MeshProtocols.http)
        return Self.tls(Self.downstreamType, common, ["require_client_certificate": true])
    }

    // MARK: Parts of a context

    private static func tls(
        _ type: String, _ common: [String: JSONValue], _ members: [String: JSONValue]
    ) -> JSONValue {
        var settings = members
        settings["common_tls_context"] = .object(common.merging(["tls_params": versions]) { $1 })
        return filter("envoy.transport_sockets.tls", type, settings)
    }

    /// A certificate that is shown to the other side.
    private func identity(_ pair: CertificatePair) -> [String: JSONValue] {
        pair.isUsable
            ? ["tls_certificates": [pair.value]]
            : ["tls_certificate_sds_secret_configs": [missingSecret("certificate")]]
    }

    /// Whom the other side's certificate has to be signed by, and whose it has to be; any of the names will do.
    private func validation(_ authorities: PEMSource, subjectAltNames: [String]) -> [String: JSONValue] {
        guard authorities.holdsCertificates else {
            return ["validation_context_sds_secret_config": missingSecret("authorities")]
        }
        var context: JSONValue = ["trusted_ca": authorities.dataSource]
        if !subjectAltNames.isEmpty {
            context["match_typed_subject_alt_names"] = .array(subjectAltNames.map(SubjectAltName.exactly))
        }
        return ["validation_context": context]
    }

    /// A certificate that is not there: connections fail for want of it, as they do with istiod, and nothing else does.
    private func missingSecret(_ name: String) -> JSONValue {
        ["name": .string("missing-\(name)"), "sds_config": Self.file(ProxyFiles(node: node).noSecretsFile.path)]
    }

    // MARK: Certificates

    /// The file that a path in the proxy's container stands for.
    private func file(_ path: String?) -> PEMSource {
        guard let path else { return .text(nil) }
        if path == "system" || path.hasPrefix("/etc/ssl/certs/") {
            return .file(LabCA(directory: layout.certificateDirectory).bundleFile.path)
        }
        return .file(PodMounts(of: node, layout: layout).file(at: path))
    }
}

/// The certificates of a proxy, looked at once for all that use them.
struct WorkloadCertificates: Sendable, Hashable {
    private let pair: CertificatePair
    private let authorities: PEMSource
    private let isUsable: Bool

    init(node: ProxyNode) {
        pair = CertificatePair(
            certificate: .file(node.certificateChainFile.path), key: .file(node.privateKeyFile.path))
        authorities = .file(node.rootCertificateFile.path)
        isUsable = pair.isUsable && authorities.holdsCertificates
    }

    /// The members of a context in which both sides show certificates of the mesh; with no names, any of the mesh's
    /// will do: the lab's authority signs for hosts outside as well.
    fileprivate func members(
        subjectAltNames: [String], otherwise missing: (String) -> JSONValue
    ) -> [String: JSONValue] {
        guard isUsable else {
            return [
                "tls_certificate_sds_secret_configs": [missing("certificate")],
                "validation_context_sds_secret_config": missing("authorities"),
            ]
        }
        let names =
            subjectAltNames.isEmpty ? [SubjectAltName.anyOfTheMesh] : subjectAltNames.map(SubjectAltName.exactly)
        return [
            "tls_certificates": [pair.value],
            "validation_context": [
                "trusted_ca": authorities.dataSource, "match_typed_subject_alt_names": .array(names),
            ],
        ]
    }
}

/// Whose a certificate has to be.
private enum SubjectAltName {
    static let anyOfTheMesh: JSONValue = ["san_type": "URI", "matcher": ["prefix": "spiffe://cluster.local/"]]

    static func exactly(_ name: String) -> JSONValue {
        let type =
            name.contains("://") ? "URI" : name.contains("@") ? "EMAIL" : IPAddress(name) != nil ? "IP_ADDRESS" : "DNS"
        return ["san_type": .string(type), "matcher": ["exact": .string(name)]]
    }
}
