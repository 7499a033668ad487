public import Foundation

/// The certificates of the lab: of its API, of the hosts outside, and of the proxies with their SPIFFE names.
///
/// All files have mode 0600.
public struct LabCA: Sendable {
    /// A certificate and its private key.
    public struct Identity: Sendable, Hashable {
        public let certificateFile: URL
        public let keyFile: URL
    }

    private let directory: URL

    /// - Parameter directory: holds the files; ``LabLayout/certificateDirectory``.
    public init(directory: URL) { self.directory = directory }

    /// The mesh's own authority.
    private var mesh: CertificateAuthority {
        CertificateAuthority(
            certificateFile: certificateFile, keyFile: directory.appending(path: "ca.key"),
            subject: "/O=meshtop lab/CN=meshtop lab CA")
    }

    /// Stands outside the mesh and signs for the documents' nginx and its client.
    private var example: CertificateAuthority {
        CertificateAuthority(
            certificateFile: exampleCertificateFile, keyFile: directory.appending(path: "example.com.key"),
            subject: "/O=example Inc./CN=example.com")
    }

    /// The authority's own certificate.
    public var certificateFile: URL { directory.appending(path: "ca.pem") }
    /// What the lab's workloads trust.
    public var bundleFile: URL { directory.appending(path: "ca-bundle.pem") }

    /// The Kubernetes-shaped API on the loopback.
    public var apiServer: Identity { identity("apiserver") }
    /// The hosts of the outside world.
    public var outsideWorld: Identity { identity("outside") }

    private func identity(_ name: String) -> Identity {
        Identity(
            certificateFile: directory.appending(path: "\(name).pem"), keyFile: directory.appending(path: "\(name).key")
        )
    }

    // MARK: The documents' mutual TLS with an nginx outside the mesh

    /// What a pod of the lab has as `/etc/istio`: `nginx-client-certs` and `nginx-ca-certs`, as the documents mount them.
    public var mountedDirectory: URL { directory.appending(path: "istio") }

    /// The authority that signs for the nginx outside the mesh, `/etc/istio/nginx-ca-certs/example.com.crt`.
    public var exampleCertificateFile: URL { mountedDirectory.appending(path: "nginx-ca-certs/example.com.crt") }
    /// `my-nginx.mesh-external.svc.cluster.local`.
    public var nginx: Identity { identity("nginx") }
    /// What the nginx demands of its clients, `/etc/istio/nginx-client-certs/tls.crt` and `tls.key`.
    public var nginxClient: Identity {
        Identity(
            certificateFile: mountedDirectory.appending(path: "nginx-client-certs/tls.crt"),
            keyFile: mountedDirectory.appending(path: "nginx-client-certs/tls.key"))
    }

    // MARK: Making them

    /// Makes what is not there yet or would soon be out of date; otherwise does nothing.
    public func prepare() async throws {
        for file in [certificateFile, exampleCertificateFile, nginxClient.certificateFile] {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        }
        async let meshReady: Void = mesh.prepare()
        async let exampleReady: Void = example.prepare()
        _ = try await (meshReady, exampleReady)
        try Data(contentsOf: certificateFile).writePrivately(to: bundleFile)

        async let api: Void = mesh.sign(
            apiServer,
            .init(
                subject: "/O=meshtop lab/CN=kube-apiserver",
                names: [
                    "IP:127.0.0.1", "DNS:localhost", "DNS:kubernetes", "DNS:kubernetes.default",
                    "DNS:kubernetes.default.svc", "DNS:kubernetes.default.svc.cluster.local",
                ]))
        async let outside: Void = mesh.sign(
            outsideWorld,
            .init(
                subject: "/O=meshtop lab/CN=outside world",
                names: OutsideHost.named.flatMap(\.names).map { "DNS:\($0)" }))
        async let server: Void = example.sign(
            nginx,
            .init(
                subject: "/O=some organization/CN=my-nginx.mesh-external.svc.cluster.local",
                names: ["DNS:my-nginx.mesh-external.svc.cluster.local", "DNS:nginx.example.com"]))
        async let client: Void = example.sign(
            nginxClient,
            .init(subject: "/O=client organization/CN=client.example.com", names: [], usages: [.clientAuth]))
        _ = try await (api, outside, server, client)
    }

    /// Gives each proxy its certificate, key and root in its directory, where they are missing or would soon be out of
    /// date. ``prepare()`` comes first.
    public func issue(to nodes: [ProxyNode]) async throws {
        let root = try Data(contentsOf: certificateFile)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for node in nodes {
                group.addTask {
                    try FileManager.default.createDirectory(
                        at: node.directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
                    if FileManager.default.contents(atPath: node.rootCertificateFile.path) != root {
                        try root.writePrivately(to: node.rootCertificateFile)
                    }
                    // As istiod does, the name stands in the alternative names alone.
                    try await mesh.sign(
                        Identity(certificateFile: node.certificateChainFile, keyFile: node.privateKeyFile),
                        .init(subject: "/", names: ["URI:\(node.spiffeID)"], usages: [.serverAuth, .clientAuth]))
                }
            }
            try await group.waitForAll()
        }
    }
}
