import Foundation
import MeshState

/// What must hold before an object is stored: its types, what the API server checks of its kind, then istiod's webhook.
enum Admission {
    /// Checks an object that is to take the place of the live one, and returns the warnings that go with it.
    ///
    /// Throws 400 for an object of the core group with values of wrong types, 422 for what the API server refuses, and
    /// what the webhook denies as the 400 without a reason that the API makes of it.
    static func check(_ object: JSONValue, live: JSONValue?, of resource: Resource) throws(APIFailure) -> [String] {
        let name = object["metadata"]?["name"]?.stringValue ?? ""
        let mistyped = resource.schema.mismatches(in: object)
        if let first = mistyped.first {
            throw resource.isCustom
                ? .invalid(resource, name, causes: mistyped) : unreadable(first.message, resource)
        }
        if let damaged = damagedBase64(object, resource) { throw unreadable(damaged, resource) }

        var causes = MetadataRules.violations(in: object)
        var problems: [Problem] = []
        if resource.isCustom {
            problems = ObjectRules.problems(in: object)
            causes += problems.filter { $0.layer == .schema }.map {
                InvalidField($0.cause ?? .invalid, $0.path, $0.message)
            }
        } else {
            causes += CoreRules.violations(in: object, live: live, of: resource)
        }
        if !causes.isEmpty { throw .invalid(resource, name, causes: causes) }
        if let denial = AdmissionMessage.denied(problems) { throw APIFailure(400, nil, denial.cut(16_384)) }
        if let unread = undecodable(object) { throw .invalid(resource, name, causes: [unread]) }
        if resource == .networkPolicies { return NetworkPolicyRules.warnings(about: object["spec"] ?? [:]) }
        return AdmissionMessage.warnings(problems)
    }

    /// The answer to an object that cannot even be read as one of its kind.
    private static func unreadable(_ message: String, _ resource: Resource) -> APIFailure {
        let version = resource.versions[0]
        return .badRequest(
            "\(resource.kind) in version \"\(version)\" cannot be handled as a \(resource.kind): \(message)")
    }

    /// What keeps the bytes of a Secret or a ConfigMap from being read.
    private static func damagedBase64(_ object: JSONValue, _ resource: Resource) -> String? {
        let member =
            switch resource {
            case .secrets: "data"
            case .configMaps: "binaryData"
            default: ""
            }
        let damaged = (object[member]?.stringMap ?? [:]).filter { Data(base64Encoded: $0.value) == nil }.keys.min()
        return damaged.map { "illegal base64 data in \(member)[\($0)]" }
    }

    /// Why the mesh could not use an object that breaks no rule; nil where it can.
    private static func undecodable(_ object: JSONValue) -> InvalidField? {
        do throws(DecodeError) {
            var mesh = MeshConfiguration()
            _ = try mesh.add(object)
            return nil
        } catch {
            return InvalidField(.invalid, error.field, "Invalid value: \(error.problem)")
        }
    }
}
