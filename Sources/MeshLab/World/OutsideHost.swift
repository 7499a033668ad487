/// A machine outside the mesh: the names that resolve to it, its address, and what its ports serve.
public struct OutsideHost: Sendable, Hashable {
    /// What is spoken on a port.
    public enum Transport: Sendable, Hashable {
        case http, https
        /// TLS that asks for a client certificate of the documents' `example.com`, and tells those who have none.
        case mutualTLS
        /// Bytes: a line of greeting, and then whatever is sent comes back.
        case tcp
        /// The same in TLS, for those who show a certificate of the mesh.
        case mutualTCP
        /// MariaDB, a program of its own.
        case database
    }

    /// What the pages of a port are.
    enum Site: Sendable, Hashable {
        case none, redirectToHTTPS, news, search, encyclopedia, testEndpoints, books, nginx
        /// Tells of the request and which server took it.
        case mirror(String)
    }

    public struct Port: Sendable, Hashable {
        public let number: Int
        public let transport: Transport
        let site: Site

        static func http(_ number: Int, _ site: Site) -> Port { Port(number: number, transport: .http, site: site) }
        static func https(_ number: Int, _ site: Site) -> Port { Port(number: number, transport: .https, site: site) }
        static func tcp(_ number: Int) -> Port { Port(number: number, transport: .tcp, site: .none) }
        static func database(_ number: Int) -> Port { Port(number: number, transport: .database, site: .none) }
    }

    /// In lower case; a leading `*.` stands for any one or more labels. None where a Service has the name.
    public let names: [String]
    /// In the mesh's terms, such as `198.51.100.67`.
    public let address: String
    public let ports: [Port]

    /// Its first name, or its address where it has none.
    public var name: String { names.first ?? address }

    init(_ names: [String], _ address: String, _ ports: [Port]) {
        self.names = names
        self.address = address
        self.ports = ports
    }

    /// A host that tells who it is, over HTTP on some ports and TLS on others.
    private init(_ name: String, _ address: String, http: [Int], https: [Int]) {
        self.init([name], address, http.map { .http($0, .mirror(name)) } + https.map { .https($0, .mirror(name)) })
    }

    /// The database of the documents' `mysql-external`.
    public static let database = OutsideHost(["mysql.example.com"], "203.0.113.10", [.database(3306)])

    /// What has a name of its own, the hosts of the documents' tasks first and those of the reference after them.
    public static let named = [
        database,
        OutsideHost(["edition.cnn.com"], "198.51.100.67", [.http(80, .redirectToHTTPS), .https(443, .news)]),
        OutsideHost(
            ["httpbin.org", "httpbin.com"], "198.51.100.94", [.http(80, .testEndpoints), .https(443, .testEndpoints)]),
        OutsideHost(["www.google.com"], "192.0.2.36", [.http(80, .search), .https(443, .search)]),
        OutsideHost(
            ["*.wikipedia.org", "wikipedia.org"], "192.0.2.224",
            [.http(80, .redirectToHTTPS), .https(443, .encyclopedia)]),
        OutsideHost(["*.googleapis.com"], "192.0.2.40", [.http(80, .books), .https(443, .books)]),
        OutsideHost("api.dropboxapi.com", "192.0.2.41", http: [80], https: [443]),
        OutsideHost("api.facebook.com", "192.0.2.42", http: [80], https: [443]),
        OutsideHost("us.foo.bar.com", "192.0.2.51", http: [80, 8080], https: [8443]),
        OutsideHost("uk.foo.bar.com", "192.0.2.52", http: [80, 9080], https: [9443]),
        OutsideHost("in.foo.bar.com", "192.0.2.53", http: [80, 7080], https: [7443]),
        OutsideHost("*.bar.com", "192.0.2.54", http: [80], https: [443]),
        OutsideHost("example.com", "192.0.2.55", http: [80], https: [443]),
        OutsideHost("istio.io", "192.0.2.60", http: [80], https: [443]),
        OutsideHost("some-external-site.com", "192.0.2.61", http: [80], https: [443]),
        // What Istio's own test of blocked egress calls.
        OutsideHost(
            ["test-destination.example.com"], "192.0.2.62",
            [
                .http(80, .mirror("test-destination.example.com")),
                .https(443, .mirror("test-destination.example.com")),
                .https(9443, .mirror("test-destination.example.com")), .tcp(9090), .tcp(9091),
            ]),
    ]

    /// The machines of the reference's STATIC examples, which are known by their addresses alone.
    static let addressed = ["2.2.2.2", "3.3.3.3"].map { address in
        OutsideHost(
            [], address,
            [.http(80, .mirror(address)), Port(number: 27_018, transport: .mutualTCP, site: .none)])
    }

    public static let all = named + addressed + LabWorkload.all.compactMap(\.server)
}
