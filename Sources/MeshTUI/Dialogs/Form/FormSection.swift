/// What a cell of the form holds, and so how its text becomes a value.
enum FormKind: Sendable, Hashable {
    case text
    case integer
    /// One of some spellings, or nothing; another spelling that is there already stays until it is changed.
    case choice([String])
    /// `http:8080 tcp:9000`.
    case ports
    /// `app=db version=v1`.
    case labels
}

/// A column of a section's rows.
struct FormColumn: Sendable, Hashable {
    /// The member of the element; empty for the element itself.
    let key: String
    let title: String
    let kind: FormKind
    /// Columns of the screen that it needs; those that grow take what is left.
    let width: Int
    var grows = false
    /// What to write, in a few words.
    let help: String
}

/// A field of a ServiceEntry, or a list of them.
enum FormSection: String, Sendable, Hashable, CaseIterable {
    case name, namespace, hosts, addresses, ports, location, resolution, endpoints, exportTo, subjectAltNames
    case workloadSelector

    /// As the API calls it.
    var title: String { rawValue }

    /// Where it stands in the object.
    var path: String {
        switch self {
        case .name, .namespace: "metadata.\(rawValue)"
        case .workloadSelector: "spec.workloadSelector.labels"
        default: "spec.\(rawValue)"
        }
    }

    /// Whether it has any number of rows.
    var isList: Bool {
        switch self {
        case .name, .namespace, .location, .resolution: false
        default: true
        }
    }

    var columns: [FormColumn] {
        switch self {
        case .name: Self.single("lower-case letters, digits, - and .; empty takes the host's")
        case .namespace: Self.single("the namespace that it lies in")
        case .hosts: Self.single("a DNS name, or *.example.com for all below it")
        case .addresses: Self.single("an IP address or a block such as 10.0.0.0/8")
        case .location:
            Self.single(
                "outside of the mesh or in it; Left and Right change it", .choice(["MESH_EXTERNAL", "MESH_INTERNAL"]))
        case .resolution:
            Self.single(
                "where endpoints come from; Left and Right change it",
                .choice(["NONE", "STATIC", "DNS", "DNS_ROUND_ROBIN", "DYNAMIC_DNS"]))
        case .exportTo: Self.single("a namespace, . for its own, * for all, ~ for none")
        case .subjectAltNames: Self.single("a name that the server's certificate must have")
        case .workloadSelector: [
            FormColumn(key: "key", title: "label", kind: .text, width: 16, grows: true, help: "a label's name"),
            FormColumn(key: "value", title: "value", kind: .text, width: 16, grows: true, help: "the label's value"),
        ]
        case .ports: [
            FormColumn(key: "number", title: "number", kind: .integer, width: 6, help: "1 to 65535"),
            FormColumn(
                key: "name", title: "name", kind: .text, width: 10, grows: true, help: "a name, such as http-admin"),
            FormColumn(
                key: "protocol", title: "protocol", kind: .choice(Self.protocols), width: 9,
                help: "type it, or Left and Right change it"),
            FormColumn(
                key: "targetPort", title: "targetPort", kind: .integer, width: 10,
                help: "the endpoints' port; empty for the same"),
        ]
        case .endpoints: [
            FormColumn(
                key: "address", title: "address", kind: .text, width: 15, grows: true,
                help: "an IP address, a DNS name, or unix:///path"),
            FormColumn(key: "ports", title: "ports", kind: .ports, width: 10, grows: true, help: "http:8080 tcp:9000"),
            FormColumn(
                key: "labels", title: "labels", kind: .labels, width: 10, grows: true, help: "app=db version=v1"),
            FormColumn(key: "network", title: "network", kind: .text, width: 7, help: "the endpoint's network"),
            FormColumn(key: "locality", title: "locality", kind: .text, width: 8, help: "region/zone/subzone"),
            FormColumn(key: "weight", title: "weight", kind: .integer, width: 6, help: "its share of the calls"),
        ]
        }
    }

    private static func single(_ help: String, _ kind: FormKind = .text) -> [FormColumn] {
        [FormColumn(key: "", title: "", kind: kind, width: 20, grows: true, help: help)]
    }

    private static let protocols = [
        "HTTP", "HTTPS", "TLS", "TCP", "HTTP2", "GRPC", "GRPC-WEB", "MONGO", "MYSQL", "REDIS", "UDP",
    ]
}

/// A cell of the form: a section's row and column.
struct FormPlace: Sendable, Hashable {
    var section: FormSection
    var row = 0
    var column = 0
}
