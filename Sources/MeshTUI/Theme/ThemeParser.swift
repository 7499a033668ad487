import Yams

/// Something in a theme file that was passed over: a key or a value that means nothing there.
public struct ThemeWarning: Sendable, Hashable, CustomStringConvertible {
    public let message: String
    /// Counted from one; nil where the file has no line for it.
    public let line: Int?

    public var description: String { line.map { "line \($0): \(message)" } ?? message }
}

/// Why a theme file cannot be used at all.
public struct ThemeError: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String
}

extension Theme {
    /// Reads a theme file.
    ///
    /// `loading` gives the text of a theme that the file inherits from, nil where there is none of that name. What means
    /// nothing is left out and told of in the warnings; only text that is no YAML, or a theme that inherits from itself,
    /// is an error.
    public static func parse(
        _ text: String, name: String, loading: (String) -> String?
    ) throws(ThemeError) -> (theme: Theme, warnings: [ThemeWarning]) {
        var parser = ThemeParser()
        let theme = try parser.theme(text, name: name, heirs: [], loading: loading)
        return (theme, parser.warnings)
    }
}

/// Reads theme files and gathers what it had to pass over.
private struct ThemeParser {
    private(set) var warnings: [ThemeWarning] = []
    private var palette: [String: Color] = [:]

    private static let levels: [String: ColorLevel] = ["256": .indexed256, "16": .ansi16, "mono": .mono]
    private static let ansi = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]
    private static let attributes: [String: Emphasis] = ["bold": .bold, "reverse": .reverse, "underline": .underline]

    private mutating func warn(_ message: String, _ node: Node) {
        warnings.append(ThemeWarning(message: message, line: node.mark?.line))
    }

    mutating func theme(
        _ text: String, name: String, heirs: [String], loading: (String) -> String?
    ) throws(ThemeError) -> Theme {
        if heirs.contains(name) {
            throw ThemeError(description: "themes inherit in a circle: \((heirs + [name]).joined(separator: " from "))")
        }
        let root: Node?
        do { root = try Yams.compose(yaml: text) } catch {
            throw ThemeError(description: "theme \(name) is not valid YAML: \(error)")
        }
        var theme = Theme(name: name, roles: [:])
        guard let root, let top = root.mapping else {
            throw ThemeError(description: "theme \(name) holds no roles")
        }
        if let parent = top["inherits"]?.string {
            guard let parentText = loading(parent) else {
                throw ThemeError(description: "theme \(name) inherits from \(parent), which does not exist")
            }
            theme = try self.theme(parentText, name: parent, heirs: heirs + [name], loading: loading)
            theme.name = name
        }
        if let names = top["palette"] { readPalette(names) }
        if let roles = top["roles"] {
            for (role, style) in looks(roles) {
                theme.roles[role] = style
                // An inherited look for fewer colours would no longer fit.
                for level in ColorLevel.allCases { theme.overrides[level]?[role] = nil }
            }
        }
        for (key, value) in top {
            guard let word = key.string else { continue }
            if let level = Self.levels[word] {
                theme.overrides[level, default: [:]].merge(looks(value)) { _, new in new }
            } else if !["inherits", "palette", "roles"].contains(word) {
                warn("unknown key \(word)", key)
            }
        }
        return theme
    }

    private mutating func readPalette(_ node: Node) {
        guard let names = node.mapping else { return warn("palette is a list of names and colours", node) }
        for (key, value) in names {
            guard let name = key.string else { continue }
            palette[name] = color(value)
        }
    }

    private mutating func looks(_ node: Node) -> [Role: Style] {
        guard let mapping = node.mapping else {
            warn("a list of roles was expected", node)
            return [:]
        }
        var looks: [Role: Style] = [:]
        for (key, value) in mapping {
            guard let role = key.string.flatMap(Role.init(rawValue:)) else {
                warn("unknown role \(key.string ?? "")", key)
                continue
            }
            looks[role] = style(value)
        }
        return looks
    }

    private mutating func style(_ node: Node) -> Style {
        var style = Style()
        guard let mapping = node.mapping else {
            warn("a look is { fg: , bg: , attributes: [] }", node)
            return style
        }
        for (key, value) in mapping {
            switch key.string {
            case "fg": style.foreground = color(value)
            case "bg": style.background = color(value)
            case "attributes":
                for word in value.array() {
                    if word.string == "dim" {
                        style.isDim = true
                    } else if let emphasis = word.string.flatMap({ Self.attributes[$0] }) {
                        style.emphasis.insert(emphasis)
                    } else {
                        warn("unknown attribute \(word.string ?? "")", word)
                    }
                }
            default: warn("unknown key \(key.string ?? "")", key)
            }
        }
        return style
    }

    private mutating func color(_ node: Node) -> Color {
        let text = node.string ?? ""
        if text == "default" { return .terminal }
        if let named = palette[text] { return named }
        if let index = Self.ansi.firstIndex(of: text) { return .indexed(UInt8(index)) }
        if text.hasPrefix("bright-"), let index = Self.ansi.firstIndex(of: String(text.dropFirst(7))) {
            return .indexed(UInt8(index + 8))
        }
        if let index = UInt8(text) { return .indexed(index) }
        if text.hasPrefix("#"), text.utf8.count == 7, let value = UInt32(text.dropFirst(), radix: 16) {
            return .rgb(UInt8(value >> 16), UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF))
        }
        warn("\(text) is not a colour", node)
        return .terminal
    }
}
