import ArgumentParser
import MeshState
import MeshTUI

/// One command's man page, made from the command tree.
struct ManPage {
    /// `meshtop-lab-up`.
    let name: String
    /// `meshtop lab up`.
    let command: String
    /// What the command does, in a sentence.
    let abstract: String
    let text: String

    var fileName: String { "\(name).1" }

    /// The pages of all commands that help shows, the program's own first.
    static func all() throws -> [ManPage] {
        let tree = try JSONValue(parsing: Meshtop._dumpHelp())["command"] ?? [:]
        return pages(of: tree, path: [tree.name])
    }

    private static func pages(of command: JSONValue, path: [String]) -> [ManPage] {
        [ManPage(command, path: path)] + command.shownCommands.flatMap { pages(of: $0, path: path + [$0.name]) }
    }

    private init(_ command: JSONValue, path: [String]) {
        let name = path.joined(separator: "-")
        self.name = name
        self.command = path.joined(separator: " ")
        abstract = command.text("abstract")
        let isProgram = path.count == 1
        var roff = Roff()
        roff.line(".TH \"\(name.uppercased())\" 1 \"\" \"meshtop \(meshtopVersion)\" \"meshtop\"")
        roff.section("NAME")
        roff.text("\(name) - \(command.text("abstract"))")
        roff.section("SYNOPSIS")
        // Without a command the default one runs, so its options are the program's.
        let arguments = isProgram ? command.defaultCommand.shownArguments : command.shownArguments
        roff.line(".B \(Roff.escaped(path.joined(separator: " ")))")
        let places = arguments.filter { $0.text("kind") == "positional" }
        roff.text((["[options]"] + places.map(\.synopsis)).joined(separator: " "))
        if !command.shownCommands.isEmpty {
            roff.line(".br")
            roff.line(".B \(Roff.escaped(path.joined(separator: " ")))")
            roff.text("command [options]")
        }
        roff.section("DESCRIPTION")
        roff.text(command.text("abstract"))
        if let discussion = command["discussion"]?.stringValue {
            roff.line(".PP")
            roff.text(discussion)
        }
        if !command.shownCommands.isEmpty {
            roff.section("COMMANDS")
            for sub in command.shownCommands {
                roff.item("\(name)-\(sub.name)(1)", sub.text("abstract"))
            }
        }
        if !arguments.isEmpty {
            roff.section("OPTIONS")
            for argument in arguments { roff.item(argument.heading, argument.explanation) }
        }
        if isProgram {
            roff.section("KEYS")
            for group in KeyGroup.allCases {
                let keys = KeyTable.bindings.filter { $0.group == group && $0.scopes.contains(.list) }
                if keys.isEmpty { continue }
                roff.line(".SS \(group.rawValue)")
                for key in keys { roff.item(key.keysText, key.help + ".") }
            }
        }
        roff.section("EXIT STATUS")
        for (code, meaning) in Reference.exitStatus { roff.item(code, meaning) }
        if isProgram {
            roff.section("ENVIRONMENT")
            for (name, meaning) in Reference.environment { roff.item(name, meaning) }
            roff.section("FILES")
            for (path, meaning) in Reference.files { roff.item(path, meaning) }
        }
        roff.section("SEE ALSO")
        let relatives =
            isProgram
            ? command.shownCommands.map { "\(name)-\($0.name)(1)" } + ["kubectl(1)"]
            : [path.dropLast().joined(separator: "-") + "(1)"]
        roff.text(relatives.joined(separator: ", "))
        text = roff.text
    }
}

/// Text in the macros of man pages.
private struct Roff {
    private(set) var text = ""

    mutating func line(_ line: String) { text += line + "\n" }

    mutating func section(_ title: String) { line(".SH \(title)") }

    mutating func text(_ text: String) { line(Self.escaped(text)) }

    mutating func item(_ title: String, _ body: String) {
        line(".TP")
        line(".B \(Self.escaped(title))")
        text(body)
    }

    /// Backslashes, hyphens and what is not ASCII as they are written, and no line that begins as a request does.
    static func escaped(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            var plain = line.first == "." || line.first == "'" ? "\\&" : ""
            for scalar in line.unicodeScalars {
                switch scalar {
                case "\\": plain += "\\e"
                case "-": plain += "\\-"
                case _ where scalar.isASCII: plain.unicodeScalars.append(scalar)
                default:
                    let code = String(scalar.value, radix: 16, uppercase: true)
                    plain += "\\[u" + String(repeating: "0", count: max(0, 4 - code.count)) + code + "]"
                }
            }
            return plain
        }.joined(separator: "\n")
    }
}

/// What the parser tells of a command or an argument.
extension JSONValue {
    fileprivate func text(_ key: String) -> String { self[key]?.stringValue ?? "" }

    fileprivate var name: String { text("commandName") }

    fileprivate var shownCommands: [JSONValue] {
        (self["subcommands"]?.arrayValue ?? []).filter { $0["shouldDisplay"]?.boolValue != false && $0.name != "help" }
    }

    fileprivate var defaultCommand: JSONValue {
        (self["subcommands"]?.arrayValue ?? []).first { $0.name == text("defaultSubcommand") } ?? [:]
    }

    fileprivate var shownArguments: [JSONValue] {
        (self["arguments"]?.arrayValue ?? []).filter { $0["shouldDisplay"]?.boolValue != false }
    }

    /// `[NAME ...]`.
    fileprivate var synopsis: String {
        let value = text("valueName") + (self["isRepeating"]?.boolValue == true ? " ..." : "")
        return self["isOptional"]?.boolValue == true ? "[\(value)]" : value
    }

    /// `-o, --output OUTPUT`.
    fileprivate var heading: String {
        if text("kind") == "positional" { return synopsis }
        let names = (self["names"]?.arrayValue ?? []).map { name in
            (name.text("kind") == "long" ? "--" : "-") + name.text("name")
        }
        let flags = names.sorted { ($0.count > 2 ? 1 : 0, $0) < ($1.count > 2 ? 1 : 0, $1) }.joined(separator: ", ")
        return text("kind") == "flag" ? flags : "\(flags) \(text("valueName"))"
    }

    fileprivate var explanation: String {
        var parts = [text("abstract")].filter { !$0.isEmpty }
        let values = self["allValues"]?.stringList ?? []
        if !values.isEmpty { parts.append("One of \(values.joined(separator: ", ")).") }
        if let usual = self["defaultValue"]?.stringValue { parts.append("Default: \(usual).") }
        return parts.joined(separator: " ")
    }
}
