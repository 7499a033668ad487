import MeshState

/// What the API server checks of a NetworkPolicy.
enum NetworkPolicyRules {
    static func violations(in spec: JSONValue) -> [InvalidField] {
        var result = selector(spec["podSelector"] ?? [:], "spec.podSelector")
        for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
            for (index, rule) in (spec[direction]?.arrayValue ?? []).enumerated() {
                let field = "spec.\(direction)[\(index)]"
                for (place, port) in (rule["ports"]?.arrayValue ?? []).enumerated() {
                    result += self.port(port, "\(field).ports[\(place)]")
                }
                for (place, peer) in (rule[peers]?.arrayValue ?? []).enumerated() {
                    result += self.peer(peer, "\(field).\(peers)[\(place)]")
                }
            }
        }
        let types = spec["policyTypes"]?.arrayValue ?? []
        if types.count > 2 {
            result.append(
                CoreRules.invalid("spec.policyTypes", .array(types), "may not specify more than two policyTypes"))
        }
        for (index, type) in types.enumerated() {
            result += CoreRules.oneOf(["Egress", "Ingress"], type, "spec.policyTypes[\(index)]")
        }
        return result
    }

    /// What the lab does not do for a policy.
    static func warnings(about spec: JSONValue) -> [String] {
        spec["policyTypes"]?.stringList.contains("Ingress") == true
            ? ["spec.policyTypes: the lab keeps egress rules alone; what comes in is not limited"] : []
    }

    private static func port(_ port: JSONValue, _ field: String) -> [InvalidField] {
        var result = CoreRules.oneOf(["SCTP", "TCP", "UDP"], port["protocol"], "\(field).protocol")
        let end = port["endPort"]?.integerValue
        switch port["port"] {
        case .integer(let number)?:
            result += CoreRules.range(number, "\(field).port")
            if let end {
                if end < number {
                    let rule = "must be greater than or equal to `port`"
                    result.append(CoreRules.invalid("\(field).endPort", .integer(end), rule))
                }
                result += CoreRules.range(end, "\(field).endPort")
            }
        case let name?:
            result += CoreRules.targetPort(name, "\(field).port")
            if let end {
                let rule = "may not be specified when `port` is non-numeric"
                result.append(CoreRules.invalid("\(field).endPort", .integer(end), rule))
            }
        case nil:
            if let end {
                let rule = "may not be specified when `port` is not specified"
                result.append(CoreRules.invalid("\(field).endPort", .integer(end), rule))
            }
        }
        return result
    }

    private static func peer(_ peer: JSONValue, _ field: String) -> [InvalidField] {
        var result: [InvalidField] = []
        let selectors = ["podSelector", "namespaceSelector"].filter { peer[$0] != nil }
        for name in selectors { result += selector(peer[name] ?? [:], "\(field).\(name)") }
        if let block = peer["ipBlock"] {
            if selectors.isEmpty { return self.block(block, "\(field).ipBlock") }
            result.append(InvalidField(.forbidden, field, "Forbidden: may not specify both ipBlock and another peer"))
        } else if selectors.isEmpty {
            result.append(InvalidField(.required, field, "Required value: must specify a peer"))
        }
        return result
    }

    private static func block(_ block: JSONValue, _ field: String) -> [InvalidField] {
        let text = block["cidr"]?.stringValue ?? ""
        if text.isEmpty { return [InvalidField(.required, "\(field).cidr", "Required value")] }
        guard let cidr = prefix(text) else { return [notABlock("\(field).cidr", text)] }
        return (block["except"]?.stringList ?? []).enumerated().flatMap { index, text -> [InvalidField] in
            let field = "\(field).except[\(index)]"
            guard let exception = prefix(text) else { return [notABlock(field, text)] }
            if cidr.contains(exception.address), exception.length > cidr.length { return [] }
            return [CoreRules.invalid(field, .string(text), "must be a strict subset of `cidr`")]
        }
    }

    private static func prefix(_ text: String) -> IPPrefix? { text.contains("/") ? IPPrefix(text) : nil }

    private static func notABlock(_ field: String, _ text: String) -> InvalidField {
        CoreRules.invalid(field, .string(text), "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")
    }

    private static func selector(_ selector: JSONValue, _ field: String) -> [InvalidField] {
        var result = MetadataRules.labels(selector["matchLabels"], field: "\(field).matchLabels")
        for (index, condition) in (selector["matchExpressions"]?.arrayValue ?? []).enumerated() {
            let field = "\(field).matchExpressions[\(index)]"
            let values = condition["values"]?.arrayValue ?? []
            switch condition["operator"] {
            case "In", "NotIn":
                if values.isEmpty {
                    let rule = "Required value: must be specified when `operator` is 'In' or 'NotIn'"
                    result.append(InvalidField(.required, "\(field).values", rule))
                }
            case "Exists", "DoesNotExist":
                if !values.isEmpty {
                    let rule = "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                    result.append(InvalidField(.forbidden, "\(field).values", rule))
                }
            case let other:
                let rule = "not a valid selector operator"
                result.append(CoreRules.invalid("\(field).operator", other ?? "", rule))
            }
            if let problem = Syntax.qualifiedName.problem(condition["key"]?.stringValue ?? "") {
                result.append(InvalidField(.invalid, "\(field).key", problem))
            }
        }
        return result
    }
}
