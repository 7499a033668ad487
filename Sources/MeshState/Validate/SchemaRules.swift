/// The rules of Istio's CustomResourceDefinitions, which the API server checks before it asks istiod's webhook:
/// required fields and spellings first, and only if those are right the expressions (since 1.23).
enum SchemaRules {
    private static let expressions = IstioVersion(1, 23)

    static func problems(inServiceEntry object: JSONValue, version: IstioVersion) -> [Problem] {
        guard let spec = object["spec"], spec.objectValue != nil else {
            return version >= expressions ? [.schema(.required, "spec", "Required value")] : []
        }
        let structure = structureProblems(spec, version: version)
        guard structure.isEmpty else { return structure + (version >= expressions ? [skipped] : []) }
        guard version >= expressions else { return [] }
        let entry = EntryForm(object)
        return entryExpressions(entry) + (entry.endpoints ?? []).flatMap { $0.map(endpointExpressions) ?? [] }
    }

    static func problems(inWorkloadEntry object: JSONValue, version: IstioVersion) -> [Problem] {
        guard version >= expressions else { return [] }
        guard let spec = object["spec"], spec.objectValue != nil else {
            return [.schema(.required, "spec", "Required value")]
        }
        return endpointExpressions(EndpointForm(spec, path: "spec"))
    }

    /// What the API server adds when structure alone already refuses an object.
    private static let skipped = Problem.schema(
        .invalid, "<nil>",
        "Invalid value: \"null\": some validation rules were not checked because the object was invalid; "
            + "correct the existing errors to complete validation")

    // MARK: - Structure

    private static func structureProblems(_ spec: JSONValue, version: IstioVersion) -> [Problem] {
        var result: [Problem] = []
        if version >= expressions {
            if let hosts = spec["hosts"]?.arrayValue {
                if hosts.isEmpty {
                    let text = "Invalid value: 0: spec.hosts in body should have at least 1 items"
                    result.append(.schema(.invalid, "spec.hosts", text))
                }
            } else if spec["hosts"] == nil || spec["hosts"] == .null {
                result.append(.schema(.required, "spec.hosts", "Required value"))
            }
            for (name, most) in [("hosts", 256), ("addresses", 256), ("ports", 256), ("endpoints", 4096)] {
                let count = spec[name]?.arrayValue?.count ?? 0
                if count > most {
                    result.append(
                        .schema(.tooMany, "spec.\(name)", "Too many: \(count): must have at most \(most) items"))
                }
            }
            result += portStructure(spec)
        }
        result += spelling(spec, "resolution", allowed: resolutions(in: version))
        result += spelling(spec, "location", allowed: ServiceEntry.Location.allCases.map(\.rawValue))
        return result
    }

    private static func portStructure(_ spec: JSONValue) -> [Problem] {
        var result: [Problem] = []
        var names: Set<String> = []
        for (index, port) in (spec["ports"]?.arrayValue ?? []).enumerated() {
            let path = "spec.ports[\(index)]"
            for key in ["name", "number"] where port.objectValue != nil && port[key] == nil {
                result.append(.schema(.required, "\(path).\(key)", "Required value"))
            }
            if let name = port["name"]?.stringValue, !names.insert(name).inserted {
                let shown = "map[string]interface {}{\"name\":\(Names.quoted(name))}"
                result.append(.schema(.duplicate, path, "Duplicate value: \(shown)"))
            }
        }
        return result
    }

    private static func resolutions(in version: IstioVersion) -> [String] {
        ServiceEntry.Resolution.allCases.filter {
            switch $0 {
            case .none, .static, .dns: true
            case .dnsRoundRobin: version >= IstioVersion(1, 12)
            case .dynamicDNS: version >= IstioVersion(1, 28)
            }
        }.map(\.rawValue)
    }

    private static func spelling(_ spec: JSONValue, _ key: String, allowed: [String]) -> [Problem] {
        guard let text = spec[key]?.stringValue, !allowed.contains(text) else { return [] }
        let words = allowed.map { Names.quoted($0) }.joined(separator: ", ")
        let message = "Unsupported value: \(Names.quoted(text)): supported values: \(words)"
        return [.schema(.notSupported, "spec.\(key)", message)]
    }

    // MARK: - Expressions

    private static func broken(_ path: String, _ type: String, _ rule: String) -> Problem {
        .schema(.invalid, path, "Invalid value: \"\(type)\": \(rule)")
    }

    private static func entryExpressions(_ entry: EntryForm) -> [Problem] {
        var result: [Problem] = []
        if entry.selector != nil, entry.endpoints != nil {
            result.append(broken("spec", "object", "only one of WorkloadSelector or Endpoints can be set"))
        }
        if entry.addresses.contains(where: { $0.contains("/") }), entry.resolution != ServiceEntry.Resolution.none,
            entry.resolution != .static
        {
            result.append(broken("spec", "object", "CIDR addresses are allowed only for NONE/STATIC resolution types"))
        }
        if entry.resolution == ServiceEntry.Resolution.none, entry.endpoints != nil {
            result.append(broken("spec", "object", "NONE mode cannot set endpoints"))
        }
        if entry.resolution == .dnsRoundRobin, (entry.endpoints?.count ?? 0) > 1 {
            result.append(broken("spec", "object", "DNS_ROUND_ROBIN mode cannot have multiple endpoints"))
        }
        for (index, host) in entry.hosts.enumerated() where host == "*" {
            result.append(broken("spec.hosts[\(index)]", "string", "hostname cannot be wildcard"))
        }
        let numbers = entry.ports.compactMap { $0?.number }
        if Set(numbers).count < numbers.count {
            result.append(broken("spec.ports", "array", "port number cannot be duplicated"))
        }
        for case let port? in entry.ports {
            for (key, number) in [("number", port.number), ("targetPort", port.targetPort ?? 1)] {
                result += range(number, "\(port.path).\(key)")
            }
        }
        for (key, value) in (entry.selector ?? [:]).sorted(by: { $0.key < $1.key }) where value.contains("*") {
            let path = "spec.workloadSelector.labels[\(key)]"
            result.append(broken(path, "string", "wildcard is not supported in selector"))
        }
        return result
    }

    private static func endpointExpressions(_ endpoint: EndpointForm) -> [Problem] {
        var result: [Problem] = []
        if endpoint.address.isEmpty, endpoint.network.isEmpty {
            result.append(broken(endpoint.path, "object", "Address is required"))
        }
        if let unixPath = endpoint.unixPath {
            if !endpoint.ports.isEmpty { result.append(broken(endpoint.path, "object", "UDS may not include ports")) }
            if !unixPath.hasPrefix("/"), !unixPath.hasPrefix("@") {
                let rule = "UDS must be an absolute path or abstract socket"
                result.append(broken("\(endpoint.path).address", "string", rule))
            }
            if unixPath.hasSuffix("/") {
                result.append(broken("\(endpoint.path).address", "string", "UDS may not be a dir"))
            }
        }
        if !endpoint.ports.allSatisfy({ $0.name.utf8.count < 63 && Names.isLabel($0.name) }) {
            result.append(broken("\(endpoint.path).ports", "object", "port name must be valid"))
        }
        for (name, number) in endpoint.ports { result += range(number, "\(endpoint.path).ports[\(name)]") }
        return result
    }

    private static func range(_ number: Int, _ path: String) -> [Problem] {
        (1...65535).contains(number) ? [] : [broken(path, "integer", "port must be between 1-65535")]
    }
}
