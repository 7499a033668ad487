/// A ServiceEntry as it was written, however wrong: what the rules look at.
struct EntryForm {
    struct Port {
        let path: String
        let name: String
        let number: Int
        let targetPort: Int?
        let protocolText: String
        let parsedProtocol: PortProtocol
        /// Whether a port before it has its name, or its number.
        let repeatsName: Bool
        let repeatsNumber: Bool
    }

    let namespace: String
    let labels: [String: String]
    let spec: JSONValue
    let hosts: [String]
    let addresses: [String]
    /// nil stands for a port that is null.
    let ports: [Port?]
    let portNames: Set<String>
    /// nil where there is no `endpoints` key; nil elements are null.
    let endpoints: [EndpointForm?]?
    let selector: [String: String]?
    let resolutionText: String
    let exportTo: [String]

    init(_ object: JSONValue) {
        namespace = object["metadata"]?["namespace"]?.stringValue ?? ""
        labels = object["metadata"]?["labels"]?.stringMap ?? [:]
        let spec = object["spec"] ?? .null
        self.spec = spec
        hosts = spec["hosts"]?.stringList ?? []
        addresses = spec["addresses"]?.stringList ?? []
        var names: Set<String> = []
        var numbers: Set<Int> = []
        ports = (spec["ports"]?.arrayValue ?? []).enumerated().map { index, port in
            guard !port.isNull else { return nil }
            let name = port["name"]?.stringValue ?? ""
            let number = port["number"].map(Self.number) ?? 0
            let text = port["protocol"]?.stringValue ?? ""
            return Port(
                path: "spec.ports[\(index)]", name: name, number: number,
                targetPort: port["targetPort"].map(Self.number), protocolText: text,
                parsedProtocol: PortProtocol(parsing: text), repeatsName: !names.insert(name).inserted,
                repeatsNumber: !numbers.insert(number).inserted)
        }
        portNames = names
        endpoints = spec["endpoints"]?.arrayValue.map { elements in
            elements.enumerated().map { index, element in
                element.isNull ? nil : EndpointForm(element, path: "spec.endpoints[\(index)]")
            }
        }
        let selector = spec["workloadSelector"]
        self.selector = selector?.objectValue == nil ? nil : selector?["labels"]?.stringMap ?? [:]
        resolutionText = spec["resolution"]?.stringValue ?? ServiceEntry.Resolution.none.rawValue
        exportTo = spec["exportTo"]?.stringList ?? []
    }

    /// nil for a spelling that Istio does not know.
    var resolution: ServiceEntry.Resolution? { ServiceEntry.Resolution(rawValue: resolutionText) }

    var resolvesNames: Bool { resolution == .dns || resolution == .dnsRoundRobin }

    var isInternal: Bool { spec["location"]?.stringValue == ServiceEntry.Location.internal.rawValue }

    /// What messages call the resolution.
    func word(in version: IstioVersion) -> String { version < IstioVersion(1, 1) ? "discovery" : "resolution" }

    /// Whether istiod gives the entry an address of its own (`PILOT_ENABLE_IP_AUTOALLOCATE`, on since 1.25).
    func isAddressAllocated(in version: IstioVersion) -> Bool {
        version >= IstioVersion(1, 25) && resolution != ServiceEntry.Resolution.none && addresses.isEmpty
            && labels["networking.istio.io/enable-autoallocate-ip"]?.lowercased() != "false"
    }

    static func number(_ value: JSONValue) -> Int { value.integerValue.flatMap { Int(exactly: $0) } ?? 0 }
}

/// An endpoint of a ServiceEntry, or the spec of a WorkloadEntry, as it was written.
struct EndpointForm {
    static let unixPrefix = "unix://"

    let path: String
    let address: String
    let network: String
    let labels: [String: String]
    /// Sorted by name, so that messages come in one order.
    let ports: [(name: String, number: Int)]

    init(_ object: JSONValue, path: String) {
        self.path = path
        address = object["address"]?.stringValue ?? ""
        network = object["network"]?.stringValue ?? ""
        labels = object["labels"]?.stringMap ?? [:]
        ports = (object["ports"]?.objectValue ?? [:]).map { ($0.key, EntryForm.number($0.value)) }
            .sorted { $0.name < $1.name }
    }

    /// The path of a unix socket; nil for any other address.
    var unixPath: Substring? {
        address.hasPrefix(Self.unixPrefix) ? address.dropFirst(Self.unixPrefix.count) : nil
    }
}

extension PortProtocol {
    /// Whether a release knows the protocol; one that is not named is sniffed since 1.3.
    func isKnown(in version: IstioVersion) -> Bool {
        switch self {
        case .unsupported: false
        case .unset, .httpProxy: version >= IstioVersion(1, 3)
        case .mysql, .grpcWeb: version >= IstioVersion(1, 1)
        case .tls: version >= IstioVersion(1, 0)
        default: true
        }
    }
}
