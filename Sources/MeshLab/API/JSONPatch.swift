import MeshState

/// A JSON patch (RFC 6902).
struct JSONPatch: Sendable {
    enum Failure: Error, Sendable, Hashable {
        /// The document is no patch.
        case malformed(String)
        /// A path leads nowhere, or a test does not hold.
        case notApplicable(String)
        /// It has more operations, or moves and copies more, than is carried out.
        case tooLarge(String)
    }

    private static let mostOperations = 10_000
    /// Elements that all operations together may shift to make or close a gap; a value that is added counts as many.
    private static let mostWork = 50_000_000
    private static let workOfAValue = 50
    /// Levels that a document may have, as many as one that is sent.
    private static let deepest = 512

    private struct Operation {
        let name: String
        let path: [String]
        let from: [String]?
        let value: JSONValue?
    }

    private let operations: [Operation]

    init(_ document: JSONValue) throws(Failure) {
        guard case .array(let elements) = document else { throw .malformed("a JSON patch is an array of operations") }
        guard elements.count <= Self.mostOperations else {
            throw .tooLarge(
                "The allowed maximum operations in a JSON patch is \(Self.mostOperations), got \(elements.count)")
        }
        var operations: [Operation] = []
        for element in elements {
            guard let name = element["op"]?.stringValue, let path = element["path"]?.stringValue else {
                throw .malformed("an operation needs op and path")
            }
            let from = try element["from"]?.stringValue.map(Self.pointer)
            switch name {
            case "add", "replace", "test":
                if element["value"] == nil { throw .malformed("\(name) needs a value") }
            case "move", "copy": if from == nil { throw .malformed("\(name) needs from") }
            case "remove": break
            default: throw .malformed("unknown operation \(name)")
            }
            operations.append(
                Operation(name: name, path: try Self.pointer(path), from: from, value: element["value"]))
        }
        self.operations = operations
    }

    /// Reads a JSON pointer (RFC 6901).
    private static func pointer(_ text: String) throws(Failure) -> [String] {
        if text.isEmpty { return [] }
        guard text.hasPrefix("/") else { throw .malformed("a path starts with a slash") }
        return text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map {
            String($0).replacing("~1", with: "/").replacing("~0", with: "~")
        }
    }

    func applied(to document: JSONValue) throws(Failure) -> JSONValue {
        var result = document
        var work = Self.mostWork
        for operation in operations {
            let path = operation.path[...]
            var added = operation.value
            switch operation.name {
            case "add": break
            case "remove": _ = try result.remove(at: path, work: &work)
            case "replace": if !path.isEmpty { _ = try result.remove(at: path, work: &work) }
            case "test":
                if try result.value(at: operation.path) != operation.value {
                    throw .notApplicable("testing value \(operation.path.joined(separator: "/")) failed")
                }
                continue
            case "copy": added = try result.value(at: operation.from ?? [])
            default:
                let from = operation.from ?? []
                if operation.path.count > from.count, Array(operation.path.prefix(from.count)) == from {
                    throw .notApplicable("a value cannot move into itself")
                }
                added = try result.remove(at: from[...], work: &work)
            }
            if let added {
                // Copies of copies could double the document with each operation.
                let (count, depth) = added.size(upTo: work / Self.workOfAValue)
                work -= count * Self.workOfAValue
                if depth + path.count > Self.deepest { throw .tooLarge("The JSON patch nests too deep") }
                try result.add(added, at: path, work: &work)
            }
            if work <= 0 { throw .tooLarge("The JSON patch is too much work") }
        }
        return result
    }
}

extension JSONValue {
    /// The number of values that the value consists of, and their levels; counting ends soon after `limit`.
    fileprivate func size(upTo limit: Int) -> (count: Int, depth: Int) {
        var (count, depth) = (1, 0)
        let parts: any Sequence<JSONValue> =
            switch self {
            case .array(let elements): elements
            case .object(let members): members.values
            default: []
            }
        for part in parts where count <= limit {
            let size = part.size(upTo: limit - count)
            count += size.count
            depth = max(depth, size.depth)
        }
        return (count, depth + 1)
    }

    fileprivate func value(at path: [String]) throws(JSONPatch.Failure) -> JSONValue {
        var value = self
        for step in path {
            guard let next = try value.child(step) else { throw .notApplicable("no value at \(step)") }
            value = next
        }
        return value
    }

    private func child(_ step: String) throws(JSONPatch.Failure) -> JSONValue? {
        switch self {
        case .object(let members): members[step]
        case .array(let elements): elements[try Self.place(step, count: elements.count)]
        default: nil
        }
    }

    /// The index that a step of a path names: digits without a leading zero, below `count`.
    private static func place(_ step: String, count: Int) throws(JSONPatch.Failure) -> Int {
        guard let index = Int(step), String(index) == step, (0..<count).contains(index) else {
            throw .notApplicable("no element at \(step)")
        }
        return index
    }

    /// Adds a value where a path leads. It is changed in place, and may be left in pieces when it throws.
    fileprivate mutating func add(
        _ value: JSONValue, at path: ArraySlice<String>, work: inout Int
    ) throws(JSONPatch.Failure) {
        guard let step = path.first else {
            self = value
            return
        }
        if path.count > 1 {
            try changeChild(step) { child throws(JSONPatch.Failure) in
                try child.add(value, at: path.dropFirst(), work: &work)
            }
            return
        }
        switch take() {
        case .object(var members):
            members[step] = value
            self = .object(members)
        case .array(var elements):
            work -= elements.count
            elements.insert(
                value, at: step == "-" ? elements.count : try Self.place(step, count: elements.count + 1))
            self = .array(elements)
        default: throw .notApplicable("no value at \(step)")
        }
    }

    /// Removes the value to which a path leads, and returns it.
    fileprivate mutating func remove(
        at path: ArraySlice<String>, work: inout Int
    ) throws(JSONPatch.Failure) -> JSONValue {
        guard let step = path.first else { throw .notApplicable("the whole document cannot be removed") }
        if path.count > 1 {
            return try changeChild(step) { child throws(JSONPatch.Failure) in
                try child.remove(at: path.dropFirst(), work: &work)
            }
        }
        switch take() {
        case .object(var members):
            guard let removed = members.removeValue(forKey: step) else { throw .notApplicable("no value at \(step)") }
            self = .object(members)
            return removed
        case .array(var elements):
            work -= elements.count
            let removed = elements.remove(at: try Self.place(step, count: elements.count))
            self = .array(elements)
            return removed
        default: throw .notApplicable("no value at \(step)")
        }
    }

    private mutating func changeChild<Result>(
        _ step: String, _ change: (inout JSONValue) throws(JSONPatch.Failure) -> Result
    ) throws(JSONPatch.Failure) -> Result {
        switch take() {
        case .object(var members):
            guard var child = members.removeValue(forKey: step) else { throw .notApplicable("no value at \(step)") }
            let result = try change(&child)
            members[step] = child
            self = .object(members)
            return result
        case .array(var elements):
            let index = try Self.place(step, count: elements.count)
            var child = elements[index].take()
            let result = try change(&child)
            elements[index] = child
            self = .array(elements)
            return result
        default: throw .notApplicable("no value at \(step)")
        }
    }

    /// The value, which this place then no longer holds, so that it can be changed without a copy.
    private mutating func take() -> JSONValue {
        defer { self = .null }
        return self
    }
}
