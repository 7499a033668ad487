import FoundationEssentials

extension FieldReader {
    /// Opens a Kubernetes object, so that errors name it by kind, namespace and name.
    init(kubernetes object: JSONValue, kind: String) throws(DecodeError) {
        let key = ObjectKey(kind: kind, of: object)
        let named = key.name.isEmpty ? ObjectKey(kind: kind, namespace: key.namespace, name: "without a name") : key
        try self.init(object, object: named.description, remedy: "correct it with `kubectl edit`")
    }
}

extension ObjectKey {
    /// The key of an object as the API gave it; its name is empty where the object has none.
    init(kind: String, of object: JSONValue) {
        let meta = object["metadata"]
        self.init(
            kind: kind, namespace: meta?["namespace"]?.stringValue?.madeSafe ?? "",
            name: meta?["name"]?.stringValue?.madeSafe ?? "")
    }
}

extension ObjectMeta {
    /// Reads an object's `metadata`.
    public init(object: JSONValue) throws(DecodeError) {
        try self.init(FieldReader(kubernetes: object, kind: object["kind"]?.stringValue?.madeSafe ?? "object"))
    }

    init(_ reader: FieldReader) throws(DecodeError) {
        guard let meta = try reader.child("metadata") else { throw reader.error("metadata", "is missing") }
        let created = try meta.string("creationTimestamp")
        self.init(
            name: try meta.required("name"), namespace: try meta.string("namespace") ?? "",
            uid: try meta.string("uid") ?? "", resourceVersion: try meta.string("resourceVersion") ?? "",
            generation: Int64(try meta.integer("generation") ?? 0), creationTime: created.flatMap { Date(rfc3339: $0) },
            labels: try meta.map("labels"), annotations: try meta.map("annotations"))
        if let created, creationTime == nil {
            throw meta.error("creationTimestamp", "is no time: \(created)")
        }
    }
}

extension Service {
    /// Reads a `v1 Service`; the protocol of a port is the one that Istio takes from `appProtocol` or the port's name.
    public init(object: JSONValue) throws(DecodeError) {
        let reader = try FieldReader(kubernetes: object, kind: "Service")
        guard let spec = try reader.child("spec") else { throw reader.error("spec", "is missing") }
        var ports: [ServicePort] = []
        for port in try spec.children("ports") {
            guard let number = try port.integer("port") else { throw port.error("port", "is missing") }
            let name = try port.string("name") ?? ""
            let known = PortProtocol(
                portName: name, appProtocol: try port.string("appProtocol"),
                transport: try port.string("protocol") ?? "TCP", number: number)
            // A target given by name is looked up in the Endpoints.
            let target = port.value("targetPort")?.integerValue.flatMap { Int(exactly: $0) }
            ports.append(
                ServicePort(number: number, name: name, protocolText: known.rawValue, targetPort: target))
        }
        let address = try spec.string("clusterIP") ?? ""
        self.init(
            meta: try ObjectMeta(reader), ports: ports,
            clusterIP: address.isEmpty || address == "None" ? nil : address, selector: try spec.map("selector"))
    }
}

extension PortProtocol {
    /// The protocol that Istio takes a Service's port to have: from `appProtocol`, else from the part of the port's
    /// name before the first hyphen, else TCP for a few well-known numbers; `unset` where it has to sniff.
    public init(portName: String, appProtocol: String?, transport: String = "TCP", number: Int) {
        if transport.uppercased() == "UDP" {
            self = .udp
            return
        }
        switch appProtocol {
        case "kubernetes.io/h2c": self = .http2
        case "kubernetes.io/ws": self = .http
        case "kubernetes.io/wss": self = .https
        default:
            let text = (appProtocol ?? portName).lowercased()
            let word = text.hasPrefix("grpc-web") ? "grpc-web" : String(text.prefix { $0 != "-" })
            let named = PortProtocol(parsing: word)
            switch named {
            // Mail, name service, MySQL and MongoDB servers speak first, which sniffing would wait for in vain.
            case .unset, .unsupported: self = [25, 53, 3306, 27017].contains(number) ? .tcp : .unset
            default: self = named
            }
        }
    }
}

extension Endpoints {
    /// Reads a `v1 Endpoints`.
    public init(object: JSONValue) throws(DecodeError) {
        let reader = try FieldReader(kubernetes: object, kind: "Endpoints")
        var subsets: [Subset] = []
        for subset in try reader.children("subsets") {
            var ports: [String: Int] = [:]
            for port in try subset.children("ports") {
                guard let number = try port.integer("port") else { throw port.error("port", "is missing") }
                ports[try port.string("name") ?? ""] = number
            }
            subsets.append(
                Subset(
                    ready: try Self.addresses(in: subset, "addresses"),
                    notReady: try Self.addresses(in: subset, "notReadyAddresses"), ports: ports))
        }
        self.init(meta: try ObjectMeta(reader), subsets: subsets)
    }

    private static func addresses(in subset: FieldReader, _ key: String) throws(DecodeError) -> [String] {
        var result: [String] = []
        for address in try subset.children(key) { result.append(try address.required("ip")) }
        return result
    }
}

extension Pod {
    /// Reads a `v1 Pod`.
    ///
    /// A pod has a proxy if a container, or an init container that stays, is named `istio-proxy`. The proxy is a
    /// gateway if it runs as `router`, was made from the gateway's injection template or by a Gateway resource, or has
    /// the label `istio` that Istio gives its own gateways (`ingressgateway`, `egressgateway`).
    public init(object: JSONValue) throws(DecodeError) {
        let reader = try FieldReader(kubernetes: object, kind: "Pod")
        let meta = try ObjectMeta(reader)
        guard let spec = try reader.child("spec") else { throw reader.error("spec", "is missing") }
        let status = try reader.child("status")
        var isReady = false
        for condition in try status?.children("conditions") ?? [] where try condition.string("type") == "Ready" {
            isReady = try condition.string("status") == "True"
        }
        var kind = ProxyKind.none
        var capturesNames = false
        for container in try spec.children("containers") + spec.children("initContainers")
        where try container.string("name") == "istio-proxy" {
            let isRouter = try container.strings("args").contains("router")
            kind = isRouter || Self.isGateway(meta) ? .gateway : .sidecar
            for variable in try container.children("env")
            where try variable.string("name") == "ISTIO_META_DNS_CAPTURE" {
                capturesNames = try variable.string("value") == "true"
            }
        }
        self.init(
            meta: meta, ip: try status?.string("podIP") ?? "", phase: try status?.string("phase") ?? "Unknown",
            isReady: isReady, proxyKind: kind, serviceAccount: try spec.string("serviceAccountName") ?? "default",
            usesAllocatedAddresses: capturesNames)
    }

    private static func isGateway(_ meta: ObjectMeta) -> Bool {
        meta.labels["istio"]?.hasSuffix("gateway") == true
            || meta.labels["gateway.networking.k8s.io/gateway-name"] != nil
            || meta.annotations["inject.istio.io/templates"]?.split(separator: ",").contains("gateway") == true
    }

    /// The workload's name: the pod's name without what its Deployment, DaemonSet, StatefulSet or Job appended.
    public var workload: String {
        let name = meta.name
        if let job = meta.labels["batch.kubernetes.io/job-name"] ?? meta.labels["job-name"] { return job }
        if let hash = meta.labels["pod-template-hash"], let end = name.firstRange(of: "-\(hash)-") {
            return String(name[..<end.lowerBound])
        }
        // Both a StatefulSet (`-0`) and a DaemonSet (`-x7k2p`) append one part and label the revision.
        if meta.labels["controller-revision-hash"] != nil || meta.labels["statefulset.kubernetes.io/pod-name"] != nil,
            let hyphen = name.lastIndex(of: "-")
        {
            return String(name[..<hyphen])
        }
        return name
    }
}
