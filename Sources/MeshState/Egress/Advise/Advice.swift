/// Something about the mesh's egress that is accepted by Istio, works in a way, and is hardly what was meant.
public struct Advice: Sendable, Hashable {
    public enum Severity: String, Sendable, Hashable {
        /// Calls go elsewhere than they seem to, or nowhere.
        case warning
        /// Worth knowing; nothing goes wrong now.
        case info
    }

    /// The rule that found it, such as `port-capture`.
    public var rule: String
    public var severity: Severity
    /// What is to be changed.
    public var object: ObjectKey
    /// Path of the field that is at fault, such as `spec.addresses`.
    public var field: String
    /// The other objects that it is about.
    public var others: [ObjectKey]
    /// What is the case, in one sentence.
    public var message: String
    /// Why it is so: Istio's rule behind it.
    public var why: String
    /// What to do about it.
    public var remedy: String

    public init(
        rule: String, severity: Severity = .warning, object: ObjectKey, field: String, others: [ObjectKey] = [],
        message: String, why: String, remedy: String
    ) {
        self.rule = rule
        self.severity = severity
        self.object = object
        self.field = field
        self.others = others
        self.message = message
        self.why = why
        self.remedy = remedy
    }
}

extension Advice {
    /// The finding for a reader: what, why and what to do, each on a line of its own.
    public var text: String {
        """
        \(severity.rawValue)  \(rule)  \(object)  \(field)
            \(message)
            why: \(why)
            remedy: \(remedy)

        """
    }

    /// The finding for scripts; the members are those of the type.
    public var record: JSONValue {
        [
            "rule": .string(rule), "severity": .string(severity.rawValue), "kind": .string(object.kind),
            "namespace": .string(object.namespace), "name": .string(object.name), "field": .string(field),
            "others": .array(
                others.map { other in
                    [
                        "kind": .string(other.kind), "namespace": .string(other.namespace),
                        "name": .string(other.name),
                    ]
                }),
            "message": .string(message), "why": .string(why), "remedy": .string(remedy),
        ]
    }
}

extension Advice {
    /// What `record` holds.
    public static let fields =
        [
            RecordField("rule", .string, "the rule that found it, such as port-capture"),
            RecordField("severity", .string, "warning: calls go elsewhere than they seem to; info: worth knowing"),
        ] + objectFields + [
            RecordField("field", .string, "path of the field that is at fault, such as spec.addresses"),
            RecordField("message", .string, "what is the case"),
            RecordField("why", .string, "Istio's rule behind it"),
            RecordField("remedy", .string, "what to do about it"),
        ] + RecordField.under("others[]", objectFields)

    private static let objectFields = [
        RecordField("kind", .string, "kind of the object"),
        RecordField("namespace", .string, "its namespace"),
        RecordField("name", .string, "its name"),
    ]
}

/// Finds what neither Istio's webhook nor `istioctl analyze` tells of.
public enum Advisor {
    /// Each rule is one type in a file of its own.
    package static let rules: [any AdviceRule] = [
        SameHostRule(), AddressConflictRule(), PortCaptureRule(), WildcardShadowRule(), ExportToNobodyRule(),
        HiddenButRoutedRule(), NoDestinationBehindGatewayRule(), GatewayHalfRule(), DoubleTLSRule(),
        GatewayBypassRule(), UnresolvedNameRule(), UnusedEntryRule(),
    ]

    /// All findings, those of one object together.
    /// - Parameters:
    ///   - namespaces: those that exist; nil where that is not known.
    ///   - snapshot: what the proxies do; nil for files alone, of which some rules then cannot speak.
    ///   - unusedAfter: seconds that an entry may be there without being used.
    public static func findings(
        in mesh: MeshConfiguration, namespaces: Set<String>? = nil, snapshot: MeshSnapshot? = nil,
        unusedAfter: Double = 3600
    ) -> [Advice] {
        let context = AdviceContext(
            mesh: mesh, namespaces: namespaces, snapshot: snapshot, unusedAfter: unusedAfter)
        return rules.flatMap { $0.findings(in: context) }.sorted {
            ($0.object, $0.rule, $0.message) < ($1.object, $1.rule, $1.message)
        }
    }
}

/// One kind of finding.
package protocol AdviceRule: Sendable {
    /// A short name in words of the field, with hyphens.
    var name: String { get }
    func findings(in context: AdviceContext) -> [Advice]
}
