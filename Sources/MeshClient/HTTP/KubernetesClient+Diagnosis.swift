import Foundation
public import MeshState
import NIOHTTP1

/// Something that the API lets its caller do, or not.
public struct AccessRight: Sendable, Hashable {
    public var verb: String
    /// Empty for the core group.
    public var group: String
    /// In the plural; `pods/log` for a part of it.
    public var resource: String
    /// nil for all.
    public var namespace: String?

    public init(_ verb: String, _ resource: String, group: String = "", namespace: String? = nil) {
        self.verb = verb
        self.group = group
        self.resource = resource
        self.namespace = namespace
    }
}

extension KubernetesClient {
    /// Whether the API would let us (a SelfSubjectAccessReview).
    ///
    /// - Throws: `RequestFailure`, `AccessError` or `CancellationError`.
    public func isAllowed(_ right: AccessRight) async throws -> Bool {
        let parts = right.resource.split(separator: "/", maxSplits: 1).map(String.init)
        var attributes: JSONValue = [
            "verb": .string(right.verb), "group": .string(right.group), "resource": .string(parts[0]),
        ]
        if parts.count > 1 { attributes["subresource"] = .string(parts[1]) }
        if let namespace = right.namespace { attributes["namespace"] = .string(namespace) }
        let answer = try await send(
            .POST, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            body: [
                "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
                "spec": ["resourceAttributes": attributes],
            ], what: "the question whether we may \(right.verb) \(right.resource)")
        return try document(answer.body)["status"]?["allowed"]?.boolValue ?? false
    }

    /// The API's version, and how many seconds its clock is ahead of ours; nil where it does not tell the time, which it
    /// does in whole seconds.
    ///
    /// - Throws: `RequestFailure`, `AccessError` or `CancellationError`.
    public func serverVersion() async throws -> (version: String, clockAhead: Double?) {
        let asked = Date()
        let answer = try await send(.GET, "/version", what: "the API's version")
        let middle = asked.addingTimeInterval(Date().timeIntervalSince(asked) / 2)
        let version = try document(answer.body)["gitVersion"]?.stringValue?.madeSafe ?? ""
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        // Somewhere in the second that the header names.
        let time = answer.date.flatMap(format.date(from:))?.addingTimeInterval(0.5)
        return (version, time?.timeIntervalSince(middle))
    }

    /// The mesh's settings (MeshConfig), as istiod tells them, else as the ConfigMap `istio` has them.
    ///
    /// - Throws: what keeps both from being read.
    public func meshSettings(istioNamespace: String = "istio-system") async throws -> JSONValue {
        do {
            let answer = try await getThroughService(
                "istiod", namespace: istioNamespace, port: 15_014, path: "debug/mesh", what: "istiod's debug/mesh")
            return try document(answer)
        } catch let failure as RequestFailure {
            let map = try await get(.configMaps, namespace: istioNamespace, name: "istio")
            guard let text = map["data"]?["mesh"]?.stringValue, let settings = try YAMLText.parse(text).first else {
                throw failure
            }
            return settings
        }
    }

    /// The Telemetry objects of all namespaces; none where the cluster has no such kind.
    ///
    /// - Throws: `RequestFailure`, `AccessError` or `CancellationError`.
    public func telemetries() async throws -> [JSONValue] {
        for version in ["v1", "v1alpha1"] {
            let resource = Resource(
                group: "telemetry.istio.io", version: version, plural: "telemetries", kind: "Telemetry")
            do {
                return try await list(resource).objects
            } catch let failure as RequestFailure where failure.kind == .notFound {
                continue
            }
        }
        return []
    }
}
