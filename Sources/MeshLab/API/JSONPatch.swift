import MeshState

/// A JSON patch (RFC 6902).
struct JSONPatch: Sendable {
    enum Failure: Error, Sendable, Hashable {
        /// The document is no patch.
        case malformed(String)
        /// A path leads nowhere, or a test does not hold.
        case notApplicable(String)
    }

    private struct Operation {
        let name: String
        let path: [String]
        let from: [String]?
        let value: JSONValue?
    }

    private let operations: [Operation]

    init(_ document: JSONValue) throws(Failure) {
        guard case .array(let elements) = document else { throw .malformed("a JSON patch is an array of operations") }
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
        for operation in operations {
            switch operation.name {
            case "add": result = try result.adding(operation.value ?? .null, at: operation.path[...])
            case "remove": result = try result.removing(at: operation.path[...])
            case "replace":
                if operation.path.isEmpty {
                    result = operation.value ?? .null
                } else {
                    result = try result.removing(at: operation.path[...])
                        .adding(operation.value ?? .null, at: operation.path[...])
                }
            case "test":
                if try result.value(at: operation.path) != operation.value {
                    throw .notApplicable("testing value \(operation.path.joined(separator: "/")) failed")
                }
            case "copy":
                result = try result.adding(try result.value(at: operation.from ?? []), at: operation.path[...])
            default:
                let from = operation.from ?? []
                if operation.path.count > from.count, Array(operation.path.prefix(from.count)) == from {
                    throw .notApplicable("a value cannot move into itself")
                }
                let value = try result.value(at: from)
                result = try result.removing(at: from[...]).adding(value, at: operation.path[...])
            }
        }
        return result
    }
}

extension JSONValue {
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

    fileprivate func adding(_ value: JSONValue, at path: ArraySlice<String>) throws(JSONPatch.Failure) -> JSONValue {
        guard let step = path.first else { return value }
        let rest = path.dropFirst()
        switch self {
        case .object(var members):
            if rest.isEmpty {
                members[step] = value
            } else {
                guard let child = members[step] else { throw .notApplicable("no value at \(step)") }
                members[step] = try child.adding(value, at: rest)
            }
            return .object(members)
        case .array(var elements):
            if rest.isEmpty {
                elements.insert(
                    value, at: step == "-" ? elements.count : try Self.place(step, count: elements.count + 1))
            } else {
                let index = try Self.place(step, count: elements.count)
                elements[index] = try elements[index].adding(value, at: rest)
            }
            return .array(elements)
        default: throw .notApplicable("no value at \(step)")
        }
    }

    fileprivate func removing(at path: ArraySlice<String>) throws(JSONPatch.Failure) -> JSONValue {
        guard let step = path.first else { throw .notApplicable("the whole document cannot be removed") }
        let rest = path.dropFirst()
        switch self {
        case .object(var members):
            guard let child = members[step] else { throw .notApplicable("no value at \(step)") }
            if rest.isEmpty {
                members.removeValue(forKey: step)
            } else {
                members[step] = try child.removing(at: rest)
            }
            return .object(members)
        case .array(var elements):
            let index = try Self.place(step, count: elements.count)
            if rest.isEmpty {
                elements.remove(at: index)
            } else {
                elements[index] = try elements[index].removing(at: rest)
            }
            return .array(elements)
        default: throw .notApplicable("no value at \(step)")
        }
    }
}
