/// One thing that is wrong with an object, and where.
public struct Problem: Sendable, Hashable {
    public enum Severity: String, Sendable, Hashable {
        /// The API refuses the object.
        case error
        /// The API takes it and warns.
        case warning
    }

    /// Who finds it: the API server by the resource's schema, which comes first, or istiod's webhook.
    public enum Layer: String, Sendable, Hashable { case schema, webhook }

    /// Why the API server refuses a field: the `reason` of a Status cause.
    public enum Cause: String, Sendable, Hashable {
        case required = "FieldValueRequired"
        case invalid = "FieldValueInvalid"
        case duplicate = "FieldValueDuplicate"
        case notSupported = "FieldValueNotSupported"
        case tooMany = "FieldValueTooMany"
        case tooLong = "FieldValueTooLong"
        case typeInvalid = "FieldValueTypeInvalid"
        case forbidden = "FieldValueForbidden"
    }

    /// Path of the field, such as `spec.ports[0].number`.
    public var path: String
    public var severity: Severity
    public var layer: Layer
    /// Set for what the schema refuses.
    public var cause: Cause?
    /// The words of who finds it, without the path.
    public var message: String

    /// Path and message are cut where they are longer than 512 and 1,024 bytes: objects may be huge.
    public init(path: String, severity: Severity, layer: Layer, cause: Cause? = nil, message: String) {
        self.path = Self.cut(path, to: 512)
        self.severity = severity
        self.layer = layer
        self.cause = cause
        self.message = Self.cut(message, to: 1024)
    }

    private static func cut(_ text: String, to limit: Int) -> String {
        let bytes = text.utf8
        guard bytes.count > limit else { return text }
        let kept = String(decoding: bytes.prefix(limit), as: UTF8.self)
        return "\(kept)…(\(bytes.count - limit) more bytes)"
    }
}

/// The API's answers to an object with problems, word for word.
public enum AdmissionMessage {
    /// What a client reads when istiod's webhook refuses an object; nil while the webhook finds no error.
    public static func denied(_ problems: [Problem]) -> String? {
        let errors = problems.filter { $0.layer == .webhook && $0.severity == .error }.map(\.message)
        guard !errors.isEmpty else { return nil }
        return
            "admission webhook \"validation.istio.io\" denied the request: configuration is invalid: \(joined(errors))"
    }

    /// The `Warning:` headers of the answer to an object that is taken.
    public static func warnings(_ problems: [Problem]) -> [String] {
        problems.filter { $0.layer == .webhook && $0.severity == .warning }.map(\.message)
    }

    /// What a client reads when the API server's schema refuses an object; nil while it finds nothing.
    public static func invalid(kind: String, group: String, name: String, _ problems: [Problem]) -> String? {
        let texts = problems.filter { $0.layer == .schema }.map { "\($0.path): \($0.message)" }
        guard let first = texts.first else { return nil }
        let list = texts.count == 1 ? first : "[\(texts.joined(separator: ", "))]"
        return "\(kind).\(group) \"\(name)\" is invalid: \(list)"
    }

    /// Several errors in the form that istiod's error list has.
    private static func joined(_ errors: [String]) -> String {
        if errors.count == 1 { return errors[0] }
        return "\(errors.count) errors occurred:\n" + errors.map { "\t* \($0)\n" }.joined() + "\n"
    }
}
