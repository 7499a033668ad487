import Foundation
import MeshState

/// What is written of a snapshot: whole, or as far as it differs from the one written before.
///
/// A frame is an object of sections. A section holds under `set` the identifiers of elements with those members that
/// differ, and under `gone` the identifiers of those that are not there any more.
enum SnapshotCodec {
    /// The sections that hold lists, and the values that stand for themselves.
    static let sections = ["services", "entries", "proxies", "connections", "blocked", "actions", "sources"]
    static let values = ["policy", "istioVersion", "blockedLastMinute", "blockedLost"]
    /// Members of a snapshot that the run has, not its frames.
    static let ofRun = ["time", "identity"]

    // MARK: - Writing

    /// What differs from an earlier snapshot; whole without one. nil where nothing does.
    ///
    /// - Parameter traffic: false leaves the connections as they were.
    static func frame(of new: MeshSnapshot, since old: MeshSnapshot?, traffic: Bool) throws -> JSONValue? {
        var frame: JSONValue = [:]
        frame["services"] = try changes(old?.services, new.services)
        frame["entries"] = try changes(old?.entries, new.entries)
        frame["proxies"] = try changes(old?.proxies, new.proxies)
        if traffic || old == nil { frame["connections"] = try changes(old?.connections, new.connections) }
        frame["blocked"] = try changes(old?.blocked, new.blocked)
        frame["actions"] = try changes(old?.actions, new.actions)
        frame["sources"] = try changes(old.map(sources), sources(of: new))
        let scalars = try json(Scalars(new))
        let before = try old.map { try json(Scalars($0)) }
        if scalars != before { frame["values"] = scalars }
        guard frame != [:] else { return nil }
        return frame
    }

    private struct Scalars: Codable {
        var policy: OutboundPolicy?
        var istioVersion: String
        var blockedLastMinute: Int
        var blockedLost: Int

        init(_ snapshot: MeshSnapshot) {
            policy = snapshot.policy
            istioVersion = snapshot.istioVersion
            blockedLastMinute = snapshot.blockedLastMinute
            blockedLost = snapshot.blockedLost
        }
    }

    /// A source with its state. One that is healthy says so and no more: when it last spoke would change all the time.
    struct Source: Codable, Hashable, Identifiable {
        var id: SourceID
        var state: SourceState
    }

    private static func sources(of snapshot: MeshSnapshot) -> [Source] {
        snapshot.sources.map { id, state in
            var state = state
            if state.condition == .live, !state.isStale(at: snapshot.time) {
                state.lastSuccess = nil
                state.interval = 0
            }
            return Source(id: id, state: state)
        }
    }

    /// nil where nothing changed.
    private static func changes<Element: Codable & Identifiable & Equatable>(
        _ old: [Element]?, _ new: [Element]
    ) throws -> JSONValue? where Element.ID: Codable {
        if let old, old == new { return nil }
        let before = Dictionary((old ?? []).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let changed = new.filter { before[$0.id] != $0 }
        let there = Set(new.map(\.id))
        let gone = (old ?? []).map(\.id).filter { !there.contains($0) }
        guard !changed.isEmpty || !gone.isEmpty || old == nil else { return nil }
        let ids = try json(changed.map(\.id)).arrayValue ?? []
        let members = try json(changed).arrayValue ?? []
        let known = changed.compactMap { before[$0.id] }
        var earlier = try json(known).arrayValue?.makeIterator()
        var result: JSONValue = [:]
        result["set"] = .array(
            zip(changed, zip(ids, members)).map { element, pair in
                let last = before[element.id] == nil ? nil : earlier?.next()
                return [pair.0, difference(from: last, to: pair.1)]
            })
        if !gone.isEmpty { result["gone"] = try json(gone) }
        return result
    }

    /// The members that differ; one that is gone stands as null.
    private static func difference(from old: JSONValue?, to new: JSONValue) -> JSONValue {
        guard let before = old?.objectValue, let after = new.objectValue else { return new }
        var result = after.filter { before[$0.key] != $0.value }
        for key in before.keys where after[key] == nil { result[key] = .null }
        return .object(result)
    }

    private static func json(_ value: some Encodable) throws -> JSONValue {
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try JSONValue(parsing: encoder.encode(value))
    }

    // MARK: - Reading

    /// What frames say together, one after the other.
    struct Scene {
        private var elements: [String: [JSONValue: JSONValue]] = [:]
        private var values: JSONValue = [:]

        /// Takes in the next frame.
        mutating func apply(_ frame: JSONValue) {
            if let new = frame["values"] { values = new }
            for section in SnapshotCodec.sections {
                guard let changes = frame[section] else { continue }
                var known = elements[section] ?? [:]
                for id in changes["gone"]?.arrayValue ?? [] { known[id] = nil }
                for pair in changes["set"]?.arrayValue ?? [] {
                    guard let id = pair[0], let members = pair[1]?.objectValue else { continue }
                    var element = known[id] ?? [:]
                    for (key, value) in members { element[key] = value.isNull ? JSONValue?.none : value }
                    known[id] = element
                }
                elements[section] = known
            }
        }

        /// The snapshot that they make.
        ///
        /// - Throws: `HistoryError` where something in it is none of ours.
        func snapshot(at time: Date, identity: MeshIdentity) throws -> MeshSnapshot {
            let scalars: Scalars
            do { scalars = try SnapshotCodec.decode(Scalars.self, values) } catch { throw Self.damage(error) }
            var snapshot = MeshSnapshot(
                time: time, identity: identity, policy: scalars.policy, istioVersion: scalars.istioVersion,
                blockedLastMinute: scalars.blockedLastMinute, blockedLost: scalars.blockedLost)
            do {
                snapshot.services = try list("services").sorted { $0.id < $1.id }
                snapshot.entries = try list("entries").sorted { $0.id < $1.id }
                snapshot.proxies = try list("proxies").sorted { $0.id < $1.id }
                snapshot.connections = try list("connections").sorted { $0.id < $1.id }
                snapshot.blocked = try list("blocked").sorted { ($0.last, $1.id) > ($1.last, $0.id) }
                snapshot.actions = try list("actions").sorted { ($0.time, $0.id) > ($1.time, $1.id) }
                let sources: [Source] = try list("sources")
                for var source in sources {
                    if source.state.condition == .live, source.state.lastSuccess == nil {
                        source.state.lastSuccess = time
                        source.state.interval = 10
                    }
                    snapshot.sources[source.id] = source.state
                }
            } catch {
                throw Self.damage(error)
            }
            return snapshot
        }

        private func list<Element: Decodable>(_ section: String) throws -> [Element] {
            try SnapshotCodec.decode([Element].self, .array(Array((elements[section] ?? [:]).values)))
        }

        private static func damage(_ error: any Error) -> HistoryError {
            if let error = error as? HistoryError { return error }
            return HistoryError("the recording is damaged, or was made by another release of meshtop")
        }
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ value: JSONValue) throws -> Value {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try decoder.decode(type, from: Data(try checked(value, isDocument: false).jsonText().utf8))
    }

    /// Numbers beyond this are no times, counts or rates of a mesh.
    private static let largest = 9e15

    /// A value of a file that may come from anywhere, as what came over the network is treated: text is made safe, but
    /// whole objects of the API stay as they are, and no number can be that what is computed with it overflows.
    private static func checked(_ value: JSONValue, isDocument: Bool) throws(HistoryError) -> JSONValue {
        switch value {
        case .null, .bool: return value
        case .integer(let number):
            guard isDocument || abs(Double(number)) <= largest else { throw HistoryError("a number of the recording is too large") }
            return value
        case .number(let number):
            guard isDocument || !(abs(number) > largest) else { throw HistoryError("a number of the recording is too large") }
            return value
        case .string(let text): return isDocument ? value : .string(text.madeSafe)
        case .array(let elements):
            var result: [JSONValue] = []
            result.reserveCapacity(elements.count)
            for element in elements { result.append(try checked(element, isDocument: isDocument)) }
            return .array(result)
        case .object(let members):
            var result: [String: JSONValue] = [:]
            for (key, member) in members {
                let isDocument = isDocument || documents.contains(key)
                result[isDocument ? key : key.madeSafe] = try checked(member, isDocument: isDocument)
            }
            return .object(result)
        }
    }

    /// Members that hold an object of the API.
    private static let documents: Set = ["object", "before", "sent", "answer"]
}
