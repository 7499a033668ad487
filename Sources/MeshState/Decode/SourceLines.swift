/// The lines of a text on which the values of a document start.
public struct SourceLines: Sendable {
    /// Counted from one.
    public let line: Int
    let members: [String: SourceLines]
    let elements: [SourceLines]

    init(line: Int, members: [String: SourceLines] = [:], elements: [SourceLines] = []) {
        self.line = line
        self.members = members
        self.elements = elements
    }

    /// The same further down in a text.
    func moved(down lines: Int) -> SourceLines {
        lines == 0
            ? self
            : SourceLines(
                line: line + lines, members: members.mapValues { $0.moved(down: lines) },
                elements: elements.map { $0.moved(down: lines) })
    }

    /// The line of the value that a path leads to, such as `spec.ports[0].name` or `spec.endpoints[1].labels[app]`;
    /// where there is none, that of the nearest value around it.
    public func line(of path: String) -> Int {
        var here = self
        var rest = path[...]
        while let (next, behind) = here.step(along: rest) {
            here = next
            rest = behind
        }
        return here.line
    }

    /// The element of a list.
    subscript(index: Int) -> SourceLines { elements.indices.contains(index) ? elements[index] : self }

    /// The member of an object.
    subscript(name: String) -> SourceLines { members[name] ?? self }

    /// The value that the first part of a path names, and the path behind that part.
    private func step(along path: Substring) -> (SourceLines, Substring)? {
        if path.isEmpty { return nil }
        guard path.first == "[" else {
            let name = path.drop { $0 == "." }.prefix { $0 != "." && $0 != "[" }
            return members[String(name)].map { ($0, path[name.endIndex...]) }
        }
        let inside = path.dropFirst()
        // A name in brackets may have brackets of its own.
        for end in inside.indices where inside[end] == "]" {
            let name = inside[..<end]
            let behind = inside[inside.index(after: end)...]
            if let index = Int(name), elements.indices.contains(index) { return (elements[index], behind) }
            if let member = members[String(name)] { return (member, behind) }
        }
        return nil
    }
}
