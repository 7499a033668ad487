public import Foundation

/// Where a cluster's API is, and what to show it: all that is needed to speak to it.
public struct ClusterAccess: Sendable, Hashable {
    /// How the server proves who it is.
    public struct TLS: Sendable, Hashable {
        /// The certificates of the authorities to trust, as PEM; nil for those of the system.
        public var authorities: Data?
        public var skipsVerification: Bool
        /// The name that the server's certificate is for; nil for the one in the address.
        public var serverName: String?

        public init(authorities: Data? = nil, skipsVerification: Bool = false, serverName: String? = nil) {
            self.authorities = authorities
            self.skipsVerification = skipsVerification
            self.serverName = serverName
        }
    }

    /// A client certificate and its key, as PEM.
    public struct ClientCertificate: Sendable, Hashable {
        public var chain: Data
        public var key: Data

        public init(chain: Data, key: Data) {
            self.chain = chain
            self.key = key
        }
    }

    /// How we prove who we are.
    public enum Token: Sendable, Hashable {
        case none
        case bearer(String)
        /// Read anew now and then, as the cluster rotates it.
        case file(URL)
        case basic(user: String, password: String)
        /// A command prints it, and possibly a client certificate.
        case command(CredentialCommand)
    }

    /// The kubeconfig's context, or what stands for it.
    public var context: String
    /// The API's address, without a slash at its end.
    public var server: String
    public var tls: TLS
    public var token: Token
    public var certificate: ClientCertificate?
    /// The context's namespace.
    public var namespace: String

    public init(
        context: String, server: String, tls: TLS = TLS(), token: Token = .none,
        certificate: ClientCertificate? = nil, namespace: String = "default"
    ) {
        self.context = context
        self.server = server
        self.tls = tls
        self.token = token
        self.certificate = certificate
        self.namespace = namespace
    }

    /// An API by its address, as `--server` gives it.
    ///
    /// - Throws: `AccessError` where the address is none.
    public init(server: String, token: String? = nil, tls: TLS = TLS()) throws(AccessError) {
        self.init(
            context: server, server: try Self.checked(server: server, in: "--server", field: ""), tls: tls,
            token: token.map(Token.bearer) ?? .none)
    }

    /// The address without the slashes at its end.
    static func checked(server: String, in place: String, field: String) throws(AccessError) -> String {
        guard let url = URL(string: server), let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme),
            let host = url.host(), !host.isEmpty
        else {
            throw AccessError(
                place: place, field: field, problem: "\"\(server)\" is no address of an API",
                remedy: "write it as https://HOST:PORT")
        }
        var text = server
        while text.hasSuffix("/") { text.removeLast() }
        return text
    }
}

/// A command that prints a credential (`exec` of a kubeconfig's user).
public struct CredentialCommand: Sendable, Hashable {
    /// `client.authentication.k8s.io/v1` or `…/v1beta1`.
    public var apiVersion: String
    /// Resolved against the kubeconfig's folder where it is a relative path.
    public var command: String
    public var arguments: [String]
    /// Added to our own environment.
    public var environment: [String: String]
    /// What to tell somebody who has not got the command.
    public var installHint: String?

    public init(
        apiVersion: String, command: String, arguments: [String] = [], environment: [String: String] = [:],
        installHint: String? = nil
    ) {
        self.apiVersion = apiVersion
        self.command = command
        self.arguments = arguments
        self.environment = environment
        self.installHint = installHint
    }
}

/// What is wrong with a way to a cluster: where, what, and what to do about it.
public struct AccessError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file, or the option.
    public var place: String
    /// The path of the field, such as `clusters[lab].cluster.server`; empty where it is the whole.
    public var field: String
    public var problem: String
    public var remedy: String

    public init(place: String, field: String = "", problem: String, remedy: String) {
        self.place = place
        self.field = field
        self.problem = problem
        self.remedy = remedy
    }

    public var description: String {
        "\(place): \(field.isEmpty ? "" : field + ": ")\(problem)\(remedy.isEmpty ? "" : "; \(remedy)")"
    }
}
