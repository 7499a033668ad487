import MeshState

/// Where records differ from their table: fields that it lacks, that no record has, that are of another kind, or that
/// are missing or null where it says that they never are.
func mismatches(of records: [JSONValue], with fields: [RecordField]) -> [String] {
    var found: Set<String> = []
    let table = Dictionary(fields.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    if table.count != fields.count { found.insert("a path is described twice") }
    var seen: Set<String> = []
    func look(_ value: JSONValue, _ path: String) {
        if value.isNull, table[path] == nil, fields.contains(where: { $0.path.hasPrefix(path + ".") }) { return }
        if let field = table[path] {
            seen.insert(path)
            if value.isNull ? field.null == nil : !field.kind.holds(value) {
                found.insert("\(path) holds \(value.jsonText()), which is no \(field.kind.rawValue)")
            }
        } else if let members = value.objectValue {
            for (name, member) in members { look(member, path.isEmpty ? name : "\(path).\(name)") }
        } else if let elements = value.arrayValue, elements.allSatisfy({ $0.objectValue != nil }) {
            for element in elements { look(element, path + "[]") }
        } else {
            found.insert("\(path) is not described")
        }
    }
    for record in records {
        look(record, "")
        for field in fields where field.when == nil && !field.path.contains("[]") {
            if record.values(at: field.path).isEmpty, field.kind != .strings { found.insert("\(field.path) is missing") }
        }
    }
    for field in fields where !seen.contains(field.path) { found.insert("no record has \(field.path)") }
    return found.sorted()
}

extension RecordField.Kind {
    fileprivate func holds(_ value: JSONValue) -> Bool {
        switch self {
        case .string: value.stringValue != nil
        case .integer: value.integerValue != nil
        case .integerOrString: value.integerValue != nil || value.stringValue != nil
        case .number: value.numberValue != nil
        case .boolean: value.boolValue != nil
        case .time: value.stringValue?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/) != nil
        case .strings: value.arrayValue?.allSatisfy { $0.stringValue != nil } ?? false
        case .document: value.objectValue != nil
        case .map: value.objectValue?.values.allSatisfy { $0.stringValue != nil } ?? false
        }
    }
}
