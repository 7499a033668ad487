import Foundation
import MeshState

/// What the API server checks of objects of the core group.
enum CoreRules {
    /// Bytes of all values of a ConfigMap or a Secret together.
    private static let mostDataBytes = 1 << 20

    /// What is wrong with an object that is to take the place of the live one.
    static func violations(in object: JSONValue, live: JSONValue?, of resource: Resource) -> [InvalidField] {
        switch resource {
        case .services: service(object, live: live)
        case .endpoints: endpoints(object)
        case .configMaps: data(object, ["data", "binaryData"]) + immutability(object, live: live)
        case .secrets: secret(object, live: live) + immutability(object, live: live)
        case .networkPolicies: NetworkPolicyRules.violations(in: object["spec"] ?? [:])
        default: []
        }
    }

    // MARK: Services

    private static func service(_ object: JSONValue, live: JSONValue?) -> [InvalidField] {
        let spec = object["spec"] ?? [:]
        let isExternalName = spec["type"] == "ExternalName"
        let ports = spec["ports"]?.arrayValue ?? []
        var result = MetadataRules.labels(spec["selector"], field: "spec.selector")
        result += oneOf(["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"], spec["type"], "spec.type")
        if ports.isEmpty, !isExternalName, spec["clusterIP"] != "None" {
            result.append(InvalidField(.required, "spec.ports", "Required value"))
        }
        result += self.ports(ports, field: "spec.ports")
        var seen: Set<JSONValue> = []
        for (index, port) in ports.enumerated() {
            let field = "spec.ports[\(index)]"
            let key: JSONValue = ["port": port["port"] ?? 0, "protocol": port["protocol"] ?? "TCP"]
            if !seen.insert(key).inserted {
                result.append(InvalidField(.duplicate, field, "Duplicate value: \(key.jsonText())"))
            }
            result += targetPort(port["targetPort"], "\(field).targetPort")
        }
        let addresses = spec["clusterIPs"] ?? spec["clusterIP"].map { [$0] } ?? []
        for (index, address) in addresses.stringList.enumerated() where address != "None" && IPAddress(address) == nil {
            result.append(
                invalid("spec.clusterIPs[\(index)]", .string(address), "must be a valid IP address, (e.g. 10.9.8.7)"))
        }
        if let before = live?["spec"]?["clusterIP"], let now = spec["clusterIP"], before != now, !isExternalName {
            result.append(invalid("spec.clusterIPs[0]", [now], "may not change once set"))
        }
        return result
    }

    static func targetPort(_ target: JSONValue?, _ field: String) -> [InvalidField] {
        switch target {
        case .integer(let number)?: return range(number, field)
        case .string(let name)?:
            let isName =
                name.utf8.count <= 15 && name.wholeMatch(of: /[a-z0-9]+(-[a-z0-9]+)*/) != nil
                && name.contains { $0.isLetter }
            if isName { return [] }
            let rule = "must be a number, or a name of at most 15 lower case letters, digits and inner hyphens"
            return [invalid(field, .string(name), rule)]
        default: return []
        }
    }

    // MARK: Endpoints

    private static func endpoints(_ object: JSONValue) -> [InvalidField] {
        var result: [InvalidField] = []
        for (index, subset) in (object["subsets"]?.arrayValue ?? []).enumerated() {
            let field = "subsets[\(index)]"
            var isEmpty = true
            for list in ["addresses", "notReadyAddresses"] {
                for (place, address) in (subset[list]?.arrayValue ?? []).enumerated() {
                    isEmpty = false
                    result += endpointAddress(address, "\(field).\(list)[\(place)].ip")
                }
            }
            if isEmpty {
                let rule = "Required value: must specify `addresses` or `notReadyAddresses`"
                result.append(InvalidField(.required, field, rule))
            }
            result += ports(subset["ports"]?.arrayValue ?? [], field: "\(field).ports")
        }
        return result
    }

    private static func endpointAddress(_ address: JSONValue, _ field: String) -> [InvalidField] {
        let text = address["ip"]?.stringValue ?? ""
        guard let ip = IPAddress(text) else {
            return [invalid(field, .string(text), "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")]
        }
        for (prefix, rule) in unusable where prefix.contains(ip) { return [invalid(field, .string(text), rule)] }
        return []
    }

    /// Ranges that no pod of a cluster could reach.
    private static let unusable: [(IPPrefix, String)] = [
        ("127.0.0.0/8", "may not be in the loopback range (127.0.0.0/8, ::1/128)"),
        ("::1/128", "may not be in the loopback range (127.0.0.0/8, ::1/128)"),
        ("0.0.0.0/32", "may not be unspecified (0.0.0.0 or ::)"), ("::/128", "may not be unspecified (0.0.0.0 or ::)"),
        ("169.254.0.0/16", "may not be in the link-local range (169.254.0.0/16, fe80::/10)"),
        ("fe80::/10", "may not be in the link-local range (169.254.0.0/16, fe80::/10)"),
    ].compactMap { text, rule in IPPrefix(text).map { ($0, rule) } }

    // MARK: Data

    private static func secret(_ object: JSONValue, live: JSONValue?) -> [InvalidField] {
        var result = data(object, ["data"])
        for key in required[object["type"]?.stringValue ?? ""] ?? [] where object["data"]?[key] == nil {
            result.append(InvalidField(.required, "data[\(key)]", "Required value"))
        }
        if let before = live?["type"], let now = object["type"], before != now {
            result.append(invalid("type", now, "field is immutable"))
        }
        return result
    }

    /// Keys that the data of typed Secrets has.
    private static let required = [
        "kubernetes.io/tls": ["tls.crt", "tls.key"], "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
        "kubernetes.io/ssh-auth": ["ssh-privatekey"],
    ]

    private static func data(_ object: JSONValue, _ members: [String]) -> [InvalidField] {
        var result: [InvalidField] = []
        var size = 0
        for member in members {
            for (key, value) in (object[member]?.stringMap ?? [:]).sorted(by: { $0.key < $1.key }) {
                size += value.utf8.count
                if let problem = Syntax.configKey.problem(key) {
                    result.append(InvalidField(.invalid, "\(member)[\(key)]", problem))
                }
            }
        }
        if size > mostDataBytes {
            let field = members.count == 1 ? members[0] : ""
            result.append(InvalidField(.tooLong, field, "Too long: may not be more than \(mostDataBytes) bytes"))
        }
        return result
    }

    private static func immutability(_ object: JSONValue, live: JSONValue?) -> [InvalidField] {
        guard let live, live["immutable"] == true else { return [] }
        return ["data", "binaryData", "immutable"].filter { live[$0] != object[$0] }.map { member in
            let rule = "field is immutable when `immutable` is set"
            return InvalidField(.forbidden, member, "Forbidden: \(rule)")
        }
    }

    // MARK: Parts

    /// Checks what ports of Services and of Endpoints have in common.
    private static func ports(_ ports: [JSONValue], field: String) -> [InvalidField] {
        var result: [InvalidField] = []
        var names: Set<String> = []
        for (index, port) in ports.enumerated() {
            let field = "\(field)[\(index)]"
            let text = port["name"]?.stringValue ?? ""
            if text.isEmpty {
                if ports.count > 1 { result.append(InvalidField(.required, "\(field).name", "Required value")) }
            } else if let problem = Syntax.label.problem(text) {
                result.append(InvalidField(.invalid, "\(field).name", problem))
            } else if !names.insert(text).inserted {
                result.append(InvalidField(.duplicate, "\(field).name", "Duplicate value: \"\(text)\""))
            }
            result += range(port["port"]?.integerValue ?? 0, "\(field).port")
            result += oneOf(["SCTP", "TCP", "UDP"], port["protocol"], "\(field).protocol")
        }
        return result
    }

    static func range(_ number: Int64, _ field: String) -> [InvalidField] {
        (1...65535).contains(number)
            ? [] : [invalid(field, .integer(number), "must be between 1 and 65535, inclusive")]
    }

    static func oneOf(_ allowed: [String], _ value: JSONValue?, _ field: String) -> [InvalidField] {
        guard let text = value?.stringValue, !allowed.contains(text) else { return [] }
        let words = allowed.map { "\"\($0)\"" }.joined(separator: ", ")
        let message = "Unsupported value: \(JSONValue.string(text).jsonText()): supported values: \(words)"
        return [InvalidField(.notSupported, field, message)]
    }

    static func invalid(_ field: String, _ value: JSONValue, _ rule: String) -> InvalidField {
        InvalidField(.invalid, field, "Invalid value: \(value.jsonText()): \(rule)")
    }
}
