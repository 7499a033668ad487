import Foundation
import MeshLab
import MeshState
import MeshTUI

/// The parts of README.md and of the pages in `docs/` that are made from the program.
///
/// Such a part stands between `<!-- begin NAME -->` and `<!-- end NAME -->`; what is around it is written by hand.
enum Pages {
    /// Pages whose generated parts are not what the program says now, with their right text; those that are missing too.
    static func stale(in checkout: URL) throws -> [(file: URL, text: String)] {
        let docs = checkout.appending(path: "docs")
        let names = FileManager.default.enumerator(atPath: docs.path)?.compactMap { $0 as? String } ?? []
        var files = names.filter { $0.hasSuffix(".md") }.sorted().map { docs.appending(path: $0) }
        files.append(checkout.appending(path: "README.md"))
        let blocks = try allBlocks()
        var unused = blocks
        var stale: [(file: URL, text: String)] = []
        for file in files {
            let text = try String(contentsOf: file, encoding: .utf8)
            let filled = try fill(text, in: file.lastPathComponent, with: blocks, unused: &unused)
            if filled != text { stale.append((file, filled)) }
        }
        for (name, block) in unused.sorted(by: { $0.key < $1.key }) {
            let file = docs.appending(path: block.home)
            guard !FileManager.default.fileExists(atPath: file.path) else {
                throw Failure("\(file.path) lacks the lines <!-- begin \(name) --> and <!-- end \(name) -->")
            }
            var ignored: [String: Block] = [:]
            let page = "# \(block.title)\n\n<!-- begin \(name) -->\n<!-- end \(name) -->\n"
            stale.append((file, try fill(page, in: file.lastPathComponent, with: blocks, unused: &ignored)))
        }
        return stale
    }

    /// One generated part.
    struct Block {
        /// The page that it is made for, under `docs/`.
        var home: String
        /// That page's heading, where it has yet to be made.
        var title: String
        var text: String
    }

    private static func fill(
        _ page: String, in name: String, with blocks: [String: Block], unused: inout [String: Block]
    ) throws -> String {
        var result = ""
        var rest = page[...]
        while let begin = rest.firstMatch(of: /<!-- begin ([a-z0-9:-]+) -->\n/) {
            let key = String(begin.output.1)
            guard let block = blocks[key] else { throw Failure("\(name): there is no generated part \(key)") }
            guard let end = rest[begin.range.upperBound...].firstRange(of: "<!-- end \(key) -->") else {
                throw Failure("\(name): <!-- begin \(key) --> has no end")
            }
            result += String(rest[..<begin.range.upperBound]) + "\n\(block.text)\n"
            rest = rest[end.lowerBound...]
            unused[key] = nil
        }
        return result + rest
    }

    // MARK: - The parts

    /// By their names.
    static func allBlocks() throws -> [String: Block] {
        var blocks = [
            "keys": Block(home: "keys.md", title: "Keys", text: keys),
            "json": Block(home: "json.md", title: "JSON", text: json),
            "settings": Block(home: "configuration.md", title: "Configuration", text: settings),
            "commands": Block(home: "commands.md", title: "Commands", text: try commands()),
        ]
        for kind in Listing.kinds {
            let listing = kind.listing
            blocks["pane:\(listing.id.name)"] = Block(
                home: "panes/\(listing.id.name).md", title: listing.title, text: pane(listing))
        }
        return blocks
    }

    private static func table(_ titles: [String], _ rows: [[String]]) -> String {
        func line(_ cells: [String]) -> String { "| \(cells.joined(separator: " | ")) |\n" }
        let lines = rows.map { row in line(row.map { $0.replacing("|", with: "\\|").replacing("\n", with: " ") }) }
        return line(titles) + line(titles.map { _ in "---" }) + lines.joined()
    }

    private static func code(_ text: String) -> String { text.contains("`") ? "`` \(text) ``" : "`\(text)`" }

    private static func keyCells(_ binding: KeyBinding) -> String {
        binding.keys.map { code($0.label) }.joined(separator: " ")
    }

    private static var keys: String {
        KeyScope.allCases.compactMap { scope -> String? in
            let bindings = KeyTable.bindings.filter { $0.scopes.contains(scope) }
            guard !bindings.isEmpty else { return nil }
            let groups = KeyGroup.allCases.compactMap { group -> String? in
                let own = bindings.filter { $0.group == group }
                guard !own.isEmpty else { return nil }
                let rows = own.map { binding in
                    [
                        keyCells(binding), binding.help,
                        binding.panes.map { $0.map(\.name).joined(separator: ", ") } ?? "",
                        code(binding.command),
                    ]
                }
                return "### \(group.rawValue)\n\n" + table(["key", "does", "only in", "name for `keys:`"], rows)
            }
            return "## \(scope.heading)\n\n" + groups.joined(separator: "\n")
        }.joined(separator: "\n")
            + "\n## Commands\n\nBehind `:`, besides the names of panes and those of the keys above:\n\n"
            + table(
                ["command", "does"],
                CommandTable.commands.map { [code(":\($0.name)\($0.argument.map { " \($0)" } ?? "")"), $0.help] })
    }

    private static func fields(_ fields: [RecordField]) -> String {
        table(
            ["field", "type", "meaning"],
            fields.map { field in
                var meaning = field.meaning
                if let when = field.when { meaning += "; there when \(when)" }
                if let null = field.null { meaning += "; null: \(null)" }
                return [code(field.path), field.kind.rawValue + (field.null == nil ? "" : " or null"), meaning]
            })
    }

    /// What one command prints as JSON.
    struct Record {
        var command: String
        var what: String
        var fields: [RecordField]
    }

    /// What every command that prints JSON prints.
    static var records: [Record] {
        let panes = Listing.kinds.map { kind in
            let listing = kind.listing
            return Record(
                command: "meshtop \(listing.command) -o json", what: "A list of \(listing.noun); each of them",
                fields: listing.fields)
        }
        let names = Listing.kinds.map { code($0.listing.id.name) }.joined(separator: ", ")
        return panes + [
            Record(
                command: "meshtop --once --json",
                what: "One object: the records above in lists under \(names), and besides",
                fields: MeshSnapshot.recordFields),
            Record(command: "meshtop explain -o json", what: "One object", fields: Explanation.fields),
            Record(command: "meshtop validate -o json", what: "A list of findings; each", fields: FileFinding.fields),
            Record(command: "meshtop advise -o json", what: "A list of findings; each", fields: Advice.fields),
            Record(command: "meshtop doctor -o json", what: "A list of diagnoses; each", fields: Diagnosis.fields),
            Record(command: "meshtop lab status -o json", what: "One object", fields: LabStatus.fields),
        ]
    }

    private static var json: String {
        records.map { "## \(code($0.command))\n\n\($0.what):\n\n" + fields($0.fields) }.joined(separator: "\n")
    }

    private static var settings: String {
        table(
            ["setting", "flag", "variable", "takes", "does"],
            Setting.all.map { setting in
                [
                    code(setting.key) + (setting.isPerContext ? " *" : ""), code(setting.flag), code(setting.variable),
                    setting.expectation + (setting.standard.map { "; \(code($0)) without it" } ?? ""), setting.help,
                ]
            })
    }

    private static func commands() throws -> String {
        table(
            ["command", "does"],
            try ManPage.all().dropFirst().map { [code($0.command), $0.abstract] })
    }

    private static func pane(_ listing: Listing) -> String {
        let name = listing.command
        var text = "## Columns\n\nThe first ones are on the screen and in `meshtop \(name)`; the others come with "
        text += "`-o wide`, on a wide screen, or when scrolled to the right.\n\n"
        text += table(
            ["column", "name for `--sort-by`", ""],
            zip(listing.columns, listing.columnNames).map { [$0.title, code($1), $0.isWide ? "wide" : ""] })
        text += "\n## Filter\n\n`/` on the screen and `--filter` take these keys: "
        text += listing.filterKeys.map { code("\($0):") }.joined(separator: " ") + ".\n"
        let own = KeyTable.bindings.filter { $0.panes?.contains(listing.id) == true }
        if !own.isEmpty {
            text += "\n## Keys of its own\n\n" + table(["key", "does"], own.map { [keyCells($0), $0.help] })
        }
        text += "\nAll others are in [keys.md](../keys.md).\n\n## JSON\n\n"
        text += "`meshtop \(name) -o json`, or `-w -o json` for a document a line:\n\n" + fields(listing.fields)
        return text
    }
}

extension Listing {
    /// The command that prints the pane's rows: the log's is the journal's.
    fileprivate var command: String { id == .log ? "history" : id.name }
}

extension KeyScope {
    fileprivate var heading: String {
        switch self {
        case .list: "In a pane"
        case .text: "In details, YAML and other texts"
        case .dialog: "In a dialog"
        case .proof: "In a dialog that wants something typed"
        case .menu: "In a menu"
        case .prompt: "At a prompt"
        case .help: "In help"
        case .options: "In the options"
        case .jump: "In the list of what a row refers to"
        case .form: "In a form"
        case .drafts: "In the list of what was not applied"
        case .conflict: "Where two changes meet"
        }
    }
}
