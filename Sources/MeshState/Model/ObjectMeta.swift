public import FoundationEssentials

/// What names one Kubernetes object, whatever version of its API it is read in.
public struct ObjectKey: Sendable, Hashable, Codable, Comparable, CustomStringConvertible {
    public let kind: String
    public let namespace: String
    public let name: String

    public init(kind: String, namespace: String, name: String) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.namespace, left.name, left.kind) < (right.namespace, right.name, right.kind)
    }

    public var description: String { namespace.isEmpty ? "\(kind) \(name)" : "\(kind) \(namespace)/\(name)" }
}

/// The part of an object's `metadata` that meshtop reads.
public struct ObjectMeta: Sendable, Hashable, Codable {
    public var name: String
    public var namespace: String
    public var uid: String
    /// Opaque; compared for equality alone.
    public var resourceVersion: String
    public var generation: Int64
    public var creationTime: Date?
    public var labels: [String: String]
    public var annotations: [String: String]

    public init(
        name: String, namespace: String, uid: String = "", resourceVersion: String = "", generation: Int64 = 0,
        creationTime: Date? = nil, labels: [String: String] = [:], annotations: [String: String] = [:]
    ) {
        self.name = name
        self.namespace = namespace
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.generation = generation
        self.creationTime = creationTime
        self.labels = labels
        self.annotations = annotations
    }
}
