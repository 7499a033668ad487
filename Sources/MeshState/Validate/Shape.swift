/// What a field of an object may hold, as the current definition of its kind says.
package indirect enum Shape: Sendable {
    case text
    /// One of some spellings.
    case choice([String])
    case boolean
    case integer
    case number
    /// Such as `1h30m` or `0.5s`, of a millisecond at least.
    case duration
    /// A duration that may be zero.
    case anyDuration
    case list(Shape)
    /// An object whose members are the writer's.
    case map(Shape)
    /// An object with these members; `required` are those that must be there, and of each group in `oneOf` one at most
    /// may be there.
    case object([String: Shape], required: [String] = [], oneOf: [[String]] = [])

    static let texts = Shape.list(.text)
    static let textMap = Shape.map(.text)
}

extension Shape {
    /// Since when definitions require fields and check durations.
    private static let strict = IstioVersion(1, 23)

    /// Notes what does not fit: another type or spelling is refused, an unknown field is a warning.
    ///
    /// Null stands for an absent field, and a null element of a list is a matter of istiod's rules.
    func check(_ field: Field, report: inout RuleReport) {
        guard field.isSet else { return }
        switch (self, field.value) {
        case (.text, .string), (.boolean, .bool), (.integer, .integer), (.number, .integer), (.number, .number): return
        case (.integer, .number(let number)) where number.rounded() == number: return
        case (.choice(let allowed), .string(let text)):
            guard !allowed.contains(text) else { return }
            report.refuse(field.path, .notSupported, SchemaRules.unsupported(text, allowed: allowed))
        case (.duration, .string(let text)): checkDuration(text, field.path, report: &report)
        case (.anyDuration, .string(let text)):
            guard GoDuration.nanoseconds(text) == nil else { return }
            report.refuse(field.path, .invalid, SchemaRules.broken("string", "must be a valid duration"))
        case (.list(let element), .array):
            for child in field.elements { element.check(child, report: &report) }
        case (.map(let element), .object):
            for (_, child) in field.members { element.check(child, report: &report) }
        case (.object(let members, let required, let groups), .object(let values)):
            checkMembers(field, values, members, report: &report)
            checkPresence(field, values, required, groups, report: &report)
        default: checkType(field, report: &report)
        }
    }

    private func checkMembers(
        _ field: Field, _ values: [String: JSONValue], _ members: [String: Shape], report: inout RuleReport
    ) {
        for name in values.keys.sorted() {
            let child = field[name]
            if let shape = members[name] {
                shape.check(child, report: &report)
            } else {
                report.warning(
                    child.path, since: .first,
                    "unknown field \(Names.quoted(child.path)): kubectl refuses it, other clients drop it")
            }
        }
    }

    private func checkPresence(
        _ field: Field, _ values: [String: JSONValue], _ required: [String], _ groups: [[String]],
        report: inout RuleReport
    ) {
        guard report.version >= Self.strict else { return }
        for name in required where values[name]?.isNull != false {
            report.refuse(field[name].path, .required, "Required value")
        }
        for group in groups where group.count(where: { values[$0]?.isNull == false }) > 1 {
            let names = group.joined(separator: ", ")
            report.refuse(field.path, .invalid, SchemaRules.broken("object", "only one of \(names) may be set"))
        }
    }

    private func checkDuration(_ text: String, _ path: String, report: inout RuleReport) {
        let nanoseconds = GoDuration.nanoseconds(text)
        if report.version >= Self.strict, nanoseconds ?? 0 < 1_000_000 {
            let rule = "must be a valid duration greater than 1ms"
            return report.refuse(path, .invalid, SchemaRules.broken("string", rule))
        }
        guard let nanoseconds else {
            return report.error(path, "bad Duration: time: invalid duration \(Names.quoted(text))")
        }
        if nanoseconds < 1_000_000 {
            report.error(path, "duration must be greater than 1ms")
        } else if !nanoseconds.isMultiple(of: 1_000_000) {
            report.error(path, "only durations to ms precision are supported")
        }
    }

    private func checkType(_ field: Field, report: inout RuleReport) {
        // YAML takes the colon at the end of an address such as 2001:db8:: for the end of a key.
        if case .text = self, case .object(let members) = field.value, members.count == 1, let only = members.first,
            only.value.isNull, only.key.contains(":")
        {
            report.warning(
                field.path, since: .first,
                "\(Names.quoted(only.key + ":")) without quotes is read as an object; write it in quotes")
            return
        }
        let given = field.value.typeName
        let words = "\(field.path) in body must be of type \(typeName): \(Names.quoted(given))"
        report.refuse(field.path, .typeInvalid, SchemaRules.broken(given, words))
    }

    /// The type's name in OpenAPI.
    private var typeName: String {
        switch self {
        case .text, .choice, .duration, .anyDuration: "string"
        case .boolean: "boolean"
        case .integer: "integer"
        case .number: "number"
        case .list: "array"
        case .map, .object: "object"
        }
    }
}

extension JSONValue {
    /// The name of the value's type in OpenAPI.
    package var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .integer: "integer"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
