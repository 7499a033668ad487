/// A ServiceEntry to begin with: what such an entry is like, and examples for what its writer fills in.
public struct EntryTemplate: Sendable, Hashable, Identifiable {
    /// A word, such as `https`.
    public let id: String
    /// What it is for, in a few words.
    public let title: String
    /// What it needs and does, in a sentence without a full stop.
    public let help: String
    /// The object without a name; what is to be filled in is an example.
    public let object: JSONValue
    /// Paths of the values that are examples, such as `spec.hosts[0]`.
    public let examples: [String]

    private init(
        _ id: String, _ title: String, _ help: String, examples: [String], hosts: [String], addresses: [String] = [],
        port: ServicePort, location: ServiceEntry.Location = .external, resolution: ServiceEntry.Resolution,
        endpoints: [EntryEndpoint] = [], selector: [String: String]? = nil
    ) {
        self.id = id
        self.title = title
        self.help = help
        self.examples = examples
        var object = ServiceEntry(
            meta: ObjectMeta(name: "", namespace: ""), hosts: hosts, addresses: addresses, ports: [port],
            location: location, resolution: resolution, endpoints: endpoints, selectorLabels: selector
        ).manifest
        object["metadata"] = [:]
        self.object = object
    }

    /// All of them, the most usual first.
    public static let all = [
        EntryTemplate(
            "http", "External HTTP", "A host that is called by plain HTTP; its name is resolved by DNS",
            examples: ["spec.hosts[0]"], hosts: ["api.example.com"],
            port: ServicePort(number: 80, name: "http", protocolText: "HTTP"), resolution: .dns),
        EntryTemplate(
            "https", "External HTTPS", "A host that is called by HTTPS; the workload's own TLS goes through untouched",
            examples: ["spec.hosts[0]"], hosts: ["api.example.com"],
            port: ServicePort(number: 443, name: "https", protocolText: "HTTPS"), resolution: .dns),
        EntryTemplate(
            "tcp", "External TCP", "An address and a port; nothing but this address is opened",
            examples: ["spec.hosts[0]", "spec.addresses[0]", "spec.ports[0].number"], hosts: ["tcp.example.com"],
            addresses: ["203.0.113.10/32"], port: ServicePort(number: 9000, name: "tcp", protocolText: "TCP"),
            resolution: .none),
        EntryTemplate(
            "wildcard", "Wildcard", "Every name below a domain over TLS, told by its server name",
            examples: ["spec.hosts[0]"], hosts: ["*.example.com"],
            port: ServicePort(number: 443, name: "tls", protocolText: "TLS"), resolution: .none),
        EntryTemplate(
            "database", "Database", "A database outside the mesh, found by its address; 3306 is MySQL's port",
            examples: ["spec.hosts[0]", "spec.addresses[0]"], hosts: ["mysql.example.com"],
            addresses: ["203.0.113.10/32"], port: ServicePort(number: 3306, name: "tcp-mysql", protocolText: "TCP"),
            resolution: .none),
        EntryTemplate(
            "unix", "Unix socket", "A program that listens at a socket in the proxy's own pod",
            examples: ["spec.hosts[0]", "spec.endpoints[0].address"], hosts: ["socket.example.com"],
            port: ServicePort(number: 80, name: "http", protocolText: "HTTP"), resolution: .static,
            endpoints: [EntryEndpoint(address: "unix:///var/run/example/socket")]),
        EntryTemplate(
            "vm", "Virtual machine", "A service in the mesh whose workloads are chosen by labels, such as machines",
            examples: ["spec.hosts[0]", "spec.ports[0].number", "spec.workloadSelector.labels[app]"],
            hosts: ["mysqldb.vm.svc.cluster.local"],
            port: ServicePort(number: 3306, name: "tcp", protocolText: "TCP"), location: .internal,
            resolution: .static, selector: ["app": "mysqldb"]),
    ]

    /// The one that an id names.
    public static func named(_ id: String) -> EntryTemplate? { all.first { $0.id == id } }
}
