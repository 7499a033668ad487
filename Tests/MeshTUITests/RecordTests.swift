import MeshState
import Testing

@testable import MeshTUI

/// What commands print as JSON is what the tables say of it.
@Suite struct RecordTests {
    @Test(arguments: Panes.all.map(\.id))
    func everyFieldIsDescribed(_ id: PaneID) {
        let pane = Panes.pane(id)
        let snapshot = World.snapshotOfAllFields()
        let records = pane.members(of: snapshot).map { pane.record(of: $0, in: snapshot) }
        #expect(mismatches(of: records, with: pane.fields) == [])
    }

    @Test func theSnapshotIsDescribed() {
        var record = World.snapshotOfAllFields().record
        for pane in Panes.all {
            #expect(record[pane.id.name]?.arrayValue?.isEmpty == false)
            record[pane.id.name] = nil
        }
        let nothing = MeshSnapshot(time: World.now, identity: MeshIdentity(context: "lab", server: "")).record
        #expect(nothing["outboundPolicy"] == .null)
        #expect(mismatches(of: [record], with: MeshSnapshot.recordFields) == [])
    }
}

extension World {
    /// A mesh in which each field of each record is written at least once.
    static func snapshotOfAllFields() -> MeshSnapshot {
        snapshot { snapshot in
            snapshot.connections[0].lastActive = now
            snapshot.proxies[0].memory = 12_345_678
            snapshot.proxies[0].started = ago(3600)
            snapshot.proxies[0].connections = 3
            snapshot.proxies[0].rejection = "LDS: no such cluster"
            snapshot.actions = actions
            snapshot.entries[0] = temporary
            snapshot.sources[.istiod] = SourceState(
                condition: .failing(reason: "refused", attempt: 1, retryAt: nil), interval: 1)
        }
    }
}

/// Where records differ from their table: fields that it lacks, that no record has, that are of another kind, or that
/// are missing or null where it says that they never are.
func mismatches(of records: [JSONValue], with fields: [RecordField]) -> [String] {
    var found: Set<String> = []
    let table = Dictionary(fields.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    if table.count != fields.count { found.insert("a path is described twice") }
    var seen: Set<String> = []
    func look(_ value: JSONValue, _ path: String) {
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
        case .number: value.numberValue != nil
        case .boolean: value.boolValue != nil
        case .time: value.stringValue?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/) != nil
        case .strings: value.arrayValue?.allSatisfy { $0.stringValue != nil } ?? false
        case .document: value.objectValue != nil
        case .map: value.objectValue?.values.allSatisfy { $0.stringValue != nil } ?? false
        }
    }
}
