/// Where a key means something.
public enum KeyScope: String, Sendable, Hashable, CaseIterable {
    case list, text, dialog, proof, menu, jump, prompt, help, options, form, drafts, conflict
}

/// Under which heading help shows a key.
public enum KeyGroup: String, Sendable, Hashable, CaseIterable {
    case edit = "Edit"
    case change = "Change"
    case look = "Look"
    case arrange = "Arrange"
    case move = "Move"
    case program = "Program"
}

/// One action with its keys: what they do, where, and when not.
public struct KeyBinding: Sendable {
    /// A stable word for it.
    public let name: String
    public internal(set) var keys: [Key]
    public let scopes: Set<KeyScope>
    /// The panes that have it; nil for all.
    public let panes: [PaneID]?
    public let group: KeyGroup
    /// One or two words for the footer, which shows it when this is not nil.
    public let hint: String?
    /// What it does, in a sentence without a full stop.
    public let help: String
    /// Why it does not work now; nil when it does.
    let reason: @Sendable (AppModel) -> String?
    let run: @Sendable (inout AppModel) -> [Effect]

    init(
        _ name: String, _ keys: [Key], in scopes: Set<KeyScope> = [.list], panes: [PaneID]? = nil, _ group: KeyGroup,
        hint: String? = nil, _ help: String, reason: @escaping @Sendable (AppModel) -> String? = { _ in nil },
        run: @escaping @Sendable (inout AppModel) -> [Effect]
    ) {
        self.name = name
        self.keys = keys
        self.scopes = scopes
        self.panes = panes
        self.group = group
        self.hint = hint
        self.help = help
        self.reason = reason
        self.run = run
    }

    /// Whether it is there in a scope and, in lists, for a pane.
    func applies(in scope: KeyScope, pane: PaneID) -> Bool {
        scopes.contains(scope) && (scope != .list || panes?.contains(pane) ?? true)
    }

    /// Its name as one word, for the command line and the configuration file: `sort-previous`.
    public var command: String { name.lowercased().split(separator: " ").joined(separator: "-") }

    /// `t F9`.
    public var keysText: String { keys.map(\.label).joined(separator: " ") }
}

/// The only list of keys: what they do, help and footer all come from it.
public enum KeyTable {
    /// In the order of the footer and of help. An action is added by one line in one of these lists.
    public static let bindings: [KeyBinding] =
        [
            changeKeys,
            lookKeys,
            historyKeys,
            timeKeys,
            markKeys,
            dialogKeys,
            formKeys,
            editKeys,
            findKeys,
            lastingKeys,
            conflictKeys,
            draftKeys,
            textKeys,
            moveKeys,
            arrangeKeys,
            optionKeys,
            promptKeys,
            programKeys,
        ].flatMap { $0 }
}

extension Key {
    /// The key as help names it: `Ctrl-D`, `PgUp`, `F5`, `/`.
    public var label: String {
        switch self {
        case .character(" "): "Space"
        case .character(let character): String(character)
        case .control(let letter): "Ctrl-\(letter.uppercased())"
        case .function(let number): "F\(number)"
        case .enter: "Enter"
        case .escape: "Esc"
        case .tab: "Tab"
        case .backTab: "Shift-Tab"
        case .backspace: "Backspace"
        case .delete: "Del"
        case .insert: "Ins"
        case .up: "Up"
        case .down: "Down"
        case .left: "Left"
        case .right: "Right"
        case .home: "Home"
        case .end: "End"
        case .pageUp: "PgUp"
        case .pageDown: "PgDn"
        }
    }
}
