import Foundation
import MeshTUI
import Yams

/// Something in the configuration that meshtop does not understand, with the place of it and what to do.
struct ConfigurationProblem: Error, Hashable, CustomStringConvertible {
    /// The file with the line, or the variable.
    let place: String
    let message: String

    var description: String { "\(place): \(message)" }
}

/// What a configuration file says.
struct ConfigurationFile: Sendable {
    /// Settings by their keys.
    private(set) var values: [String: Setting.Value] = [:]
    /// Settings of one context alone, by the context's name.
    private(set) var contexts: [String: [String: Setting.Value]] = [:]
    private(set) var keys = KeyMap.standard
    /// Flags of single commands, with their values.
    private(set) var commands: [CommandFlag: [String]] = [:]
    private let path: String

    /// Nothing said.
    init() { path = "" }

    /// Reads the text of a file; the first thing that it does not understand is thrown, with its line.
    init(_ text: String, path: String) throws(ConfigurationProblem) {
        self.path = path
        let root: Node?
        do { root = try Yams.compose(yaml: text) } catch {
            throw Self.syntaxProblem(error, path: path)
        }
        // A file of comments alone is an empty one.
        guard let root, root.null == nil || !(root.string ?? "").isEmpty else { return }
        guard let top = root.mapping else {
            throw problem(root, "is no list of settings; write lines such as interval: 2")
        }
        for (key, value) in top {
            switch key.string {
            case "keys": keys = try keyMap(value)
            case "contexts": contexts = try contexts(value)
            case "commands": commands = try commands(value)
            default:
                let (name, read) = try setting(key, value, among: Setting.all, others: ["keys", "contexts", "commands"])
                values[name] = read
            }
        }
    }

    private static func syntaxProblem(_ error: any Error, path: String) -> ConfigurationProblem {
        guard let error = error as? YamlError else {
            return ConfigurationProblem(place: path, message: "is not valid YAML: \(error)")
        }
        switch error {
        case .scanner(_, let text, let mark, _), .parser(_, let text, let mark, _), .composer(_, let text, let mark, _):
            return ConfigurationProblem(place: "\(path):\(mark.line)", message: "is not valid YAML: \(text)")
        default: return ConfigurationProblem(place: path, message: "is not valid YAML: \(error)")
        }
    }

    private func problem(_ node: Node, _ message: String) -> ConfigurationProblem {
        ConfigurationProblem(place: node.mark.map { "\(path):\($0.line)" } ?? path, message: message)
    }

    private func setting(
        _ key: Node, _ value: Node, among settings: [Setting], others: [String] = []
    ) throws(ConfigurationProblem) -> (String, Setting.Value) {
        let name = key.string ?? ""
        guard let setting = settings.first(where: { $0.key == name }) else {
            throw problem(key, "there is no setting \(name)" + advice(name, settings.map(\.key) + others))
        }
        guard let text = value.string, let read = setting.value(of: text) else {
            let found = value.string.map { "\"\($0)\"" } ?? "a list"
            throw problem(value, "\(name) takes \(setting.expectation); here is \(found)")
        }
        return (name, read)
    }

    private func contexts(_ node: Node) throws(ConfigurationProblem) -> [String: [String: Setting.Value]] {
        guard let mapping = node.mapping else {
            throw problem(node, "contexts takes names of contexts with settings under each")
        }
        var contexts: [String: [String: Setting.Value]] = [:]
        for (key, value) in mapping {
            guard let settings = value.mapping else {
                throw problem(value, "the context \(key.string ?? "") takes settings, such as readOnly: true")
            }
            var values: [String: Setting.Value] = [:]
            for (key, value) in settings {
                let (name, read) = try setting(key, value, among: Setting.all.filter(\.isPerContext))
                values[name] = read
            }
            contexts[key.string ?? ""] = values
        }
        return contexts
    }

    private func commands(_ node: Node) throws(ConfigurationProblem) -> [CommandFlag: [String]] {
        guard let mapping = node.mapping else {
            throw problem(node, "commands takes names of commands with flags under each, such as allow: {for: 1h}")
        }
        var commands: [CommandFlag: [String]] = [:]
        for (key, value) in mapping {
            let name = key.string ?? ""
            let flags = CommandFlag.all.filter { $0.command == name }
            guard !flags.isEmpty else {
                throw problem(key, "there is no command \(name)" + advice(name, Set(CommandFlag.all.map(\.command)).sorted()))
            }
            guard let settings = value.mapping else {
                throw problem(value, "the command \(name) takes flags, such as \(flags[0].key)")
            }
            for (key, value) in settings {
                let word = key.string ?? ""
                guard let flag = flags.first(where: { $0.key == word }) else {
                    throw problem(key, "\(name) has no flag \(word)" + advice(word, flags.map(\.key)))
                }
                let values = (value.sequence.map(Array.init) ?? [value]).compactMap(\.string)
                guard flag.arguments(values) != nil else {
                    throw problem(value, "\(word) takes \(flag.expectation); here is \"\(values.joined(separator: ", "))\"")
                }
                commands[flag] = values
            }
        }
        return commands
    }

    private func advice(_ name: String, _ known: [String]) -> String {
        name.nearest(among: known).map { "; is \($0) meant?" } ?? "; known are \(known.joined(separator: ", "))"
    }

    private func keyMap(_ node: Node) throws(ConfigurationProblem) -> KeyMap {
        guard let mapping = node.mapping else {
            throw problem(node, "keys takes actions with their keys, such as toggle: [x, F9]")
        }
        var changes: [String: [Key]] = [:]
        var lines: [String: Node] = [:]
        for (action, value) in mapping {
            let name = (action.string ?? "").lowercased().split(separator: " ").joined(separator: "-")
            lines[name] = action
            var keys: [Key] = []
            for label in value.sequence.map(Array.init) ?? [value] {
                guard let key = label.string.flatMap(Key.init(label:)) else {
                    throw problem(
                        label, "\(label.string ?? "a list") is no key; keys are written like x, F9, Ctrl-D, PgUp, Space")
                }
                keys.append(key)
            }
            changes[name] = keys
        }
        do throws(KeyMistake) { return try KeyMap(changing: changes) } catch {
            throw problem(lines[error.action] ?? node, error.description)
        }
    }
}
