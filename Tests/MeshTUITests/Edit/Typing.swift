import MeshState

@testable import MeshTUI

extension AppModel {
    /// Presses keys that are written as one text: characters, and names in angle brackets such as `<Tab>` and `<C-n>`.
    @discardableResult
    mutating func press(_ keys: String) -> [Effect] {
        var effects: [Effect] = []
        var rest = keys[...]
        while let first = rest.first {
            if first == "<", let end = rest.firstIndex(of: ">") {
                let name = String(rest[rest.index(after: rest.startIndex)..<end])
                effects += type(Self.key(name))
                rest = rest[rest.index(after: end)...]
            } else {
                effects += type(.character(first))
                rest = rest.dropFirst()
            }
        }
        return effects
    }

    private static func key(_ name: String) -> Key {
        if name.hasPrefix("C-"), let letter = name.last { return .control(letter) }
        let named: [String: Key] = [
            "Tab": .tab, "BTab": .backTab, "Enter": .enter, "Esc": .escape, "Up": .up, "Down": .down, "Left": .left,
            "Right": .right, "Home": .home, "End": .end, "BS": .backspace, "Del": .delete, "Ins": .insert,
            "PgUp": .pageUp, "PgDn": .pageDown, "F1": .function(1),
        ]
        return named[name] ?? .character("?")
    }

    /// The form on top.
    var form: FormModel? { (layers.last as? FormLayer)?.form }

    /// The screen as text.
    var screen: String {
        Golden.text(render(self, size: size, capabilities: Capabilities(colors: .mono, unicode: true)))
    }
}

extension [Effect] {
    var applied: [ChangeRequest] {
        flatMap { effect -> [ChangeRequest] in
            switch effect {
            case .apply(let request): return [request]
            case .applyTogether(let requests): return requests
            default: return []
            }
        }
    }
    var written: [Draft] { compactMap { if case .writeDraft(let draft) = $0 { draft } else { nil } } }
    var removed: [Draft.ID] { compactMap { if case .removeDraft(let id) = $0 { id } else { nil } } }
    var edited: [EditorJob] { compactMap { if case .edit(let job) = $0 { job } else { nil } } }
    var readID: Int? { lazy.compactMap { if case .read(let id, _) = $0 { id } else { nil } }.first }
}
