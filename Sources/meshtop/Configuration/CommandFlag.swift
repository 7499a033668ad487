import ArgumentParser
import MeshState
import MeshTUI

/// A flag of one command: what is typed behind it each time can also be given once and for all.
struct CommandFlag: Sendable, Hashable {
    /// The command's words: `allow`, `lab up`; `console` for what runs without a command.
    let command: String
    /// Its longest spelling without the dashes: `dry-run`.
    let name: String
    /// Every spelling, with dashes.
    let spellings: [String]
    let takesValue: Bool
    let isRepeating: Bool
    /// The values that it takes; empty where they are not counted.
    let choices: [String]
    let help: String

    /// Its name in the configuration file, under that of its command: `dryRun`.
    var key: String {
        let words = name.split(separator: "-")
        return words.enumerated().map { $0 == 0 ? String($1) : $1.prefix(1).uppercased() + $1.dropFirst() }.joined()
    }

    /// `MESHTOP_LAB_UP_DNS_CAPTURE`.
    var variable: String { Self.prefix(of: command) + name.uppercased().replacing("-", with: "_") }

    /// What the variables of a command begin with.
    static func prefix(of command: String) -> String {
        "MESHTOP_" + command.uppercased().replacing(" ", with: "_").replacing("-", with: "_") + "_"
    }

    /// What may be written for it, for messages.
    var expectation: String {
        if !takesValue { return "true or false" }
        return choices.isEmpty ? "a text" : "one of \(choices.joined(separator: ", "))"
    }

    /// Every flag of every command that help shows, from the command tree itself.
    static let all: [CommandFlag] = {
        // The parser's own description of the tree is always a document.
        guard let tree = try? JSONValue(parsing: Meshtop._dumpHelp())["command"] else { return [] }
        return flags(of: tree, path: [])
    }()

    private static func flags(of command: JSONValue, path: [String]) -> [CommandFlag] {
        let own = path.isEmpty ? [] : (command["arguments"]?.arrayValue ?? []).compactMap { CommandFlag($0, of: path) }
        let below = (command["subcommands"]?.arrayValue ?? []).flatMap { sub -> [CommandFlag] in
            let name = sub["commandName"]?.stringValue ?? ""
            // The console is not shown as it runs without being named.
            guard sub["shouldDisplay"]?.boolValue != false || path + [name] == [console] else { return [] }
            return name == "help" ? [] : flags(of: sub, path: path + [name])
        }
        return own + below
    }

    /// What runs without being named.
    static let console = "console"

    private init?(_ argument: JSONValue, of path: [String]) {
        let names = argument["names"]?.arrayValue ?? []
        let long = names.filter { $0["kind"] == "long" }.compactMap { $0["name"]?.stringValue }
        guard argument["shouldDisplay"]?.boolValue != false, argument["kind"] != "positional", let name = long.first,
            !["help", "version"].contains(name), !name.hasPrefix("no-") || !long.contains(String(name.dropFirst(3)))
        else { return nil }
        command = path.joined(separator: " ")
        self.name = name
        spellings = names.compactMap { spelling in
            spelling["name"]?.stringValue.map { (spelling["kind"] == "long" ? "--" : "-") + $0 }
        }
        takesValue = argument["kind"] == "option"
        isRepeating = argument["isRepeating"]?.boolValue == true
        choices = argument["allValues"]?.stringList ?? []
        help = argument["abstract"]?.stringValue ?? ""
    }

    /// Whether it stands among arguments.
    func isGiven(in arguments: [String]) -> Bool {
        arguments.prefix { $0 != "--" }.contains { argument in
            spellings.contains { spelling in
                if argument == spelling { return true }
                return spelling.hasPrefix("--") ? argument.hasPrefix(spelling + "=") : takesValue && argument.hasPrefix(spelling)
            }
        }
    }

    /// The arguments that give it these values; nil where it does not take them.
    func arguments(_ values: [String]) -> [String]? {
        guard isRepeating || values.count == 1 else { return nil }
        guard takesValue else {
            guard case .flag(let isOn)? = values.first.flatMap(Setting.readOnly.value(of:)) else { return nil }
            return isOn ? ["--\(name)"] : []
        }
        guard choices.isEmpty || values.allSatisfy(choices.contains) else { return nil }
        return values.map { "--\(name)=\($0)" }
    }
}

/// Puts what is given once and for all before what is typed.
enum CommandDefaults {
    /// Commands that meshtop runs itself, whatever its user has set.
    private static let internalCommands = [["lab-workload"], ["lab", "run"]]

    /// The arguments with the flags of their command that variables and the configuration file give and that are not
    /// typed. A typed flag goes before a variable, a variable before the file.
    ///
    /// - Throws: `ConfigurationProblem`.
    static func complete(
        _ arguments: [String], environment: [String: String]
    ) throws(ConfigurationProblem) -> [String] {
        // A shell's completion asks, or help is wanted.
        guard arguments.first?.hasPrefix("---") != true, arguments.first != "help",
            !internalCommands.contains(where: { arguments.starts(with: $0) })
        else { return arguments }
        let first = arguments.first.flatMap { $0.hasPrefix("-") ? nil : $0 } ?? CommandFlag.console
        let configuration = try Configuration(environment: environment)
        let hasVariable = environment.contains { $0.key.hasPrefix(CommandFlag.prefix(of: first)) && !$0.value.isEmpty }
        guard hasVariable || !configuration.file.commands.isEmpty else { return arguments }
        let words = arguments.prefix { !$0.hasPrefix("-") }
        let named = (1...2).reversed().map { words.prefix($0) }.first { words in
            CommandFlag.all.contains { $0.command == words.joined(separator: " ") }
        }
        let command = named?.joined(separator: " ") ?? CommandFlag.console
        guard named != nil || words.isEmpty else { return arguments }
        var given: [String] = []
        for flag in CommandFlag.all where flag.command == command && !flag.isGiven(in: arguments) {
            if let value = environment[flag.variable], !value.isEmpty {
                guard let own = flag.arguments([value]) else {
                    throw ConfigurationProblem(
                        place: flag.variable, message: "takes \(flag.expectation); it is \"\(value)\"")
                }
                given += own
            } else if let values = configuration.file.commands[flag] {
                given += flag.arguments(values) ?? []
            }
        }
        let place = named?.count ?? 0
        return arguments[..<place] + given + arguments[place...]
    }
}
