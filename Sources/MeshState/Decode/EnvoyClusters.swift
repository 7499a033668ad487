extension ClusterStatus {
    /// Reads Envoy's `/clusters?format=json`: numbers are strings, zeroes are left out, and a cluster without hosts has
    /// no list of them.
    public static func list(from document: JSONValue) throws(DecodeError) -> [ClusterStatus] {
        let reader = try FieldReader(
            document, object: "Envoy's /clusters", remedy: "ask the admin endpoint for /clusters?format=json")
        var result: [ClusterStatus] = []
        for cluster in try reader.children("cluster_statuses") {
            var hosts: [Host] = []
            for host in try cluster.children("host_statuses") { hosts.append(try Host(host)) }
            result.append(ClusterStatus(name: ClusterName(try cluster.required("name")), hosts: hosts))
        }
        return result
    }
}

extension ClusterStatus.Host {
    init(_ reader: FieldReader) throws(DecodeError) {
        self.init(address: try Self.address(reader), hostname: try reader.string("hostname") ?? "")
        // Nine of ten values of a large answer are here, so that they are read without the names that errors need.
        for stat in reader.value("stats")?.arrayValue ?? [] {
            guard let value = stat["value"]?.unsignedValue else { continue }
            switch stat["name"]?.stringValue {
            case "cx_active": connectionsActive = Int(clamping: value)
            case "cx_total": connectionsTotal = value
            case "cx_connect_fail": connectFailures = value
            case "rq_total": requestsTotal = value
            default: break
            }
        }
        guard let health = try reader.child("health_status") else { return }
        let eds = try health.string("eds_health_status") ?? "HEALTHY"
        isHealthy =
            eds == "HEALTHY"
            && !["failed_active_health_check", "failed_outlier_check", "failed_active_degraded_check"].contains {
                health.value($0)?.boolValue == true
            }
    }

    private static func address(_ reader: FieldReader) throws(DecodeError) -> String {
        guard let address = try reader.child("address") else { throw reader.error("address", "is missing") }
        if let pipe = try address.child("pipe") { return try pipe.required("path") }
        if let socket = try address.child("socket_address") {
            let ip = try socket.required("address")
            let port = try socket.integer("port_value") ?? 0
            return ip.contains(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)"
        }
        // Such as an internal listener's, which has neither.
        return ""
    }
}

extension JSONValue {
    /// The value as a counter; strings of digits count, as Envoy writes 64-bit numbers as strings.
    var unsignedValue: UInt64? {
        switch self {
        case .integer(let value): UInt64(exactly: value)
        // Above Int64.max a value has come through a Double, whose nearest may be 2^64.
        case .number(let value): value < 0 || value.isNaN ? nil : UInt64(exactly: value.rounded()) ?? UInt64.max
        case .string(let text): UInt64(text)
        default: nil
        }
    }
}
