extension ServiceEntry {
    /// Reads a ServiceEntry of any version of its API and keeps the object as it is.
    ///
    /// Fields that meshtop does not know are let pass; spellings of `location` and `resolution` that the API would
    /// refuse are errors. Fields that a rule requires may be missing here: the rules say so, see `ServiceEntryRules`.
    public init(object: JSONValue) throws(DecodeError) {
        let reader = try FieldReader(kubernetes: object, kind: Self.kind)
        guard let spec = try reader.child("spec") else { throw reader.error("spec", "is missing") }
        var ports: [ServicePort] = []
        for port in try spec.children("ports") {
            ports.append(
                ServicePort(
                    number: try port.integer("number") ?? 0, name: try port.string("name") ?? "",
                    protocolText: try port.string("protocol") ?? "", targetPort: try port.integer("targetPort")))
        }
        var endpoints: [EntryEndpoint] = []
        for endpoint in try spec.children("endpoints") { endpoints.append(try EntryEndpoint(endpoint)) }
        var allocated: [String: [String]] = [:]
        for address in try reader.child("status")?.children("addresses") ?? [] {
            guard let value = try address.string("value") else { continue }
            allocated[try address.string("host") ?? "", default: []].append(value)
        }
        self.init(
            meta: try ObjectMeta(reader), hosts: try spec.strings("hosts"), addresses: try spec.strings("addresses"),
            ports: ports, location: try spec.choice("location") ?? .external,
            resolution: try spec.choice("resolution") ?? .none, endpoints: endpoints,
            exportTo: try spec.strings("exportTo"), subjectAltNames: try spec.strings("subjectAltNames"),
            selectorLabels: try spec.child("workloadSelector")?.map("labels"), allocatedAddresses: allocated,
            object: object)
    }
}

extension EntryEndpoint {
    init(_ reader: FieldReader) throws(DecodeError) {
        self.init(
            address: try reader.string("address") ?? "", ports: try reader.integers("ports"),
            labels: try reader.map("labels"), network: try reader.string("network") ?? "",
            locality: try reader.string("locality") ?? "", weight: try reader.integer("weight") ?? 0,
            serviceAccount: try reader.string("serviceAccount") ?? "")
    }
}

extension ServiceEntry {
    /// Version of the API that new objects are written in; every release that still serves an older one converts it.
    public static let apiVersion = "networking.istio.io/v1"

    /// The Kubernetes object of this entry, built from its fields: only what is set, and nothing of its status.
    ///
    /// A change of an existing entry starts from `object` instead, so that nothing is lost.
    public var manifest: JSONValue {
        var metadata: JSONValue = ["name": .string(meta.name)]
        if !meta.namespace.isEmpty { metadata["namespace"] = .string(meta.namespace) }
        if !meta.labels.isEmpty { metadata["labels"] = JSONValue(meta.labels) }
        if !meta.annotations.isEmpty { metadata["annotations"] = JSONValue(meta.annotations) }
        if !meta.resourceVersion.isEmpty { metadata["resourceVersion"] = .string(meta.resourceVersion) }

        var spec: JSONValue = ["hosts": JSONValue(hosts)]
        if !addresses.isEmpty { spec["addresses"] = JSONValue(addresses) }
        if !ports.isEmpty { spec["ports"] = .array(ports.map(\.manifest)) }
        spec["location"] = .string(location.rawValue)
        spec["resolution"] = .string(resolution.rawValue)
        if !endpoints.isEmpty { spec["endpoints"] = .array(endpoints.map(\.manifest)) }
        if !exportTo.isEmpty { spec["exportTo"] = JSONValue(exportTo) }
        if !subjectAltNames.isEmpty { spec["subjectAltNames"] = JSONValue(subjectAltNames) }
        if let selectorLabels { spec["workloadSelector"] = ["labels": JSONValue(selectorLabels)] }
        return ["apiVersion": .string(Self.apiVersion), "kind": .string(Self.kind), "metadata": metadata, "spec": spec]
    }
}

extension ServicePort {
    /// The port as an element of a ServiceEntry's `ports`.
    var manifest: JSONValue {
        var port: JSONValue = ["number": .integer(Int64(number)), "name": .string(name)]
        if !protocolText.isEmpty { port["protocol"] = .string(protocolText) }
        if let targetPort { port["targetPort"] = .integer(Int64(targetPort)) }
        return port
    }
}

extension EntryEndpoint {
    fileprivate var manifest: JSONValue {
        var endpoint: JSONValue = [:]
        if !address.isEmpty { endpoint["address"] = .string(address) }
        if !ports.isEmpty { endpoint["ports"] = .object(ports.mapValues { .integer(Int64($0)) }) }
        if !labels.isEmpty { endpoint["labels"] = JSONValue(labels) }
        if !network.isEmpty { endpoint["network"] = .string(network) }
        if !locality.isEmpty { endpoint["locality"] = .string(locality) }
        if !serviceAccount.isEmpty { endpoint["serviceAccount"] = .string(serviceAccount) }
        if weight != 0 { endpoint["weight"] = .integer(Int64(weight)) }
        return endpoint
    }
}
