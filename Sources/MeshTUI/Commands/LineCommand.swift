import MeshState

/// Something that the command line does besides the actions of the keys: `:name argument`.
public struct LineCommand: Sendable {
    public let name: String
    /// What follows the name, such as `COLUMN [asc|desc]`; nil where nothing does.
    public let argument: String?
    /// What it does, in a sentence without a full stop.
    public let help: String
    /// What the argument may be, for completion.
    let candidates: @Sendable (AppModel) -> [String]
    /// Whether the argument may be files.
    let takesPaths: Bool
    let run: @Sendable (inout AppModel, String) throws(CommandMistake) -> [Effect]

    init(
        _ name: String, _ argument: String? = nil, _ help: String, takesPaths: Bool = false,
        candidates: @escaping @Sendable (AppModel) -> [String] = { _ in [] },
        run: @escaping @Sendable (inout AppModel, String) throws(CommandMistake) -> [Effect]
    ) {
        self.name = name
        self.argument = argument
        self.help = help
        self.candidates = candidates
        self.takesPaths = takesPaths
        self.run = run
    }
}

/// Why a command cannot be carried out, with what is possible instead.
struct CommandMistake: Error, Hashable {
    let text: String
    init(_ text: String) { self.text = text }
}

/// The only list of commands; panes and actions of the keys are commands by their names as well.
public enum CommandTable {
    public static let commands: [LineCommand] =
        [
            LineCommand(
                "sort", "COLUMN [asc|desc]", "Sort the pane by a column",
                candidates: { $0.pane.columns.map(\.id) }, run: sort),
            LineCommand("filter", "TERMS", "Filter the pane") { model, text in
                model.setFilter(text, of: model.focus)
                return []
            },
            LineCommand(
                "ctx", "CONTEXT", "Look at the mesh of another context", candidates: { $0.surroundings.contexts },
                run: context),
            LineCommand(
                "ns", "NAMESPACE|all", "Look at one namespace, or at all", candidates: { ["all"] + $0.namespaces }
            ) { model, name throws(CommandMistake) in
                try refuseInRecording(model)
                guard !name.isEmpty, !name.contains(where: \.isWhitespace) else {
                    throw CommandMistake("ns takes a namespace, or all")
                }
                return [.switchMesh(context: nil, namespace: name == "all" ? .all : .one(name))]
            },
            LineCommand("info", nil, "What meshtop asks for, holds and uses") { model, _ in
                model.layers.append(InfoLayer(model))
                return [.lookAround]
            },
            LineCommand("write", nil, "Write options that have changed to the configuration file") { model, _ in
                model.writeOptions()
            },
            LineCommand("q", nil, "Quit") { model, _ in model.quit() },
            LineCommand("q!", nil, "Quit without asking") { _, _ in [.quit] },
        ] + objectCommands + LiveOption.all.map(option)

    /// A command that sets an option.
    private static func option(_ option: LiveOption) -> LineCommand {
        LineCommand(
            option.setting.key, option.argument, "Set the option \(option.title)", candidates: { option.values($0) }
        ) { model, text throws(CommandMistake) in
            // Themes may have come that were not there when the console looked.
            if option.setting == .theme, !text.isEmpty { return option.set(&model, text) }
            guard let value = option.setting.value(of: text) else {
                throw CommandMistake("\(option.setting.key) takes \(option.setting.expectation)")
            }
            let isFlag = if case .flag = option.setting.kind { true } else { false }
            return option.set(&model, isFlag ? (value == .flag(true) ? "on" : "off") : text)
        }
    }

    private static let sort: @Sendable (inout AppModel, String) throws(CommandMistake) -> [Effect] = {
        model, text throws(CommandMistake) in
        let words = text.split(separator: " ").map { $0.lowercased() }
        let columns = model.pane.columns
        guard let name = words.first,
            let column = columns.first(where: { $0.id.lowercased() == name || $0.title.lowercased() == name })
        else { throw CommandMistake("sort takes one of \(columns.map(\.id).joined(separator: ", "))") }
        var order = model.pane.naturalOrder(column.id)
        switch words.dropFirst().first {
        case nil: break
        case "asc": order.descending = false
        case "desc": order.descending = true
        case let other?: throw CommandMistake("sort takes asc or desc behind the column, not \(other)")
        }
        return model.sort(by: order)
    }

    private static let context: @Sendable (inout AppModel, String) throws(CommandMistake) -> [Effect] = {
        model, name throws(CommandMistake) in
        try refuseInRecording(model)
        let known = model.surroundings.contexts
        guard !name.isEmpty else { throw CommandMistake("ctx takes one of \(known.joined(separator: ", "))") }
        guard known.isEmpty || known.contains(name) else {
            let advice = name.nearest(among: known).map { "is \($0) meant?" } ?? "there are \(known.joined(separator: ", "))"
            throw CommandMistake("there is no context \(name); \(advice)")
        }
        return [.switchMesh(context: name, namespace: .same)]
    }

    private static func refuseInRecording(_ model: AppModel) throws(CommandMistake) {
        guard model.isReplay else { return }
        throw CommandMistake("a recording holds no other mesh; quit it, and meshtop alone shows the live one")
    }

    // MARK: Running a line

    /// Every word that a line may begin with, where the line was opened.
    private static func names(_ model: AppModel) -> [String] {
        commands.map(\.name) + Panes.all.map(\.id.name) + actions(model).map(\.command)
    }

    /// The actions of the keys that work below the prompt.
    private static func actions(_ model: AppModel) -> [KeyBinding] {
        let scope = model.layers.last { !($0 is PromptLayer) }?.scope ?? .list
        return model.keys.bindings(in: scope, pane: model.focus)
    }

    private static func split(_ line: String) -> (name: String, argument: String) {
        let trimmed = line.drop(while: \.isWhitespace)
        let name = trimmed.prefix { !$0.isWhitespace }
        let rest = trimmed.dropFirst(name.count).drop(while: \.isWhitespace)
        let end = rest.lastIndex { !$0.isWhitespace }.map { rest.index(after: $0) } ?? rest.startIndex
        return (String(name), String(rest[..<end]))
    }

    /// Does what a line says, or tells what it could say.
    static func run(_ line: String, _ model: inout AppModel) -> [Effect] {
        let (typed, argument) = split(line)
        guard !typed.isEmpty else { return [] }
        let names = names(model)
        var name = typed
        if !names.contains(typed) {
            let starting = Set(names.filter { $0.hasPrefix(typed) })
            guard let only = starting.first, starting.count == 1 else {
                let advice =
                    starting.isEmpty
                    ? typed.nearest(among: names).map { "is \($0) meant?" } ?? "Tab shows all"
                    : "it could be \(starting.sorted().joined(separator: ", "))"
                model.say(":\(typed): no such command; \(advice)", isError: true)
                return []
            }
            name = only
        }
        do throws(CommandMistake) {
            return try run(name, argument, &model)
        } catch {
            model.say(":\(error.text)", isError: true)
            return []
        }
    }

    private static func run(
        _ name: String, _ argument: String, _ model: inout AppModel
    ) throws(CommandMistake) -> [Effect] {
        let action = actions(model).first { $0.command == name }
        let command = commands.first { $0.name == name }
        // A name alone is the key's action where there is one: the menu of sort, the prompt of filter.
        if let command, !argument.isEmpty || action == nil {
            guard command.argument != nil || argument.isEmpty else { throw CommandMistake("\(name) takes nothing behind it") }
            return try command.run(&model, argument)
        }
        guard argument.isEmpty else { throw CommandMistake("\(name) takes nothing behind it") }
        if let action {
            if let reason = action.reason(model) { throw CommandMistake("\(name): \(reason)") }
            return action.run(&model)
        }
        guard let pane = Panes.all.first(where: { $0.id.name == name }) else { return [] }
        return model.focus(on: pane.id)
    }

    // MARK: Help while typing

    /// The word before the cursor and all that could stand in its place.
    static func candidates(for before: String, _ model: AppModel) -> (word: String, all: [String]) {
        let start = before.drop(while: \.isWhitespace)
        guard let blank = start.firstIndex(where: \.isWhitespace) else { return (String(start), names(model)) }
        let word = String(start[blank...].reversed().prefix { !$0.isWhitespace }.reversed())
        let command = commands.first { $0.name == start[..<blank] }
        if command?.name == "filter" { return (word, model.pane.filterKeys.map { "\($0):" }) }
        return (word, (command?.candidates(model) ?? []) + (model.paths(for: before)?.candidates ?? []))
    }

    /// The half typed path before the cursor; nil where none can stand.
    static func typedPath(in before: String) -> String? {
        let start = before.drop(while: \.isWhitespace)
        guard let blank = start.firstIndex(where: \.isWhitespace),
            commands.first(where: { $0.name == start[..<blank] })?.takesPaths == true
        else { return nil }
        return String(start[blank...].reversed().prefix { !$0.isWhitespace }.reversed())
    }

    /// What the command that is being typed takes and does.
    static func hint(for line: String, _ model: AppModel) -> CellText {
        let (name, _) = split(line)
        if name.isEmpty { return CellText("a command, a pane or an action; Tab completes", .dim) }
        if let command = commands.first(where: { $0.name == name }) {
            let argument = command.argument.map { "\($0)  " } ?? ""
            return CellText("\(argument)\(command.help)", .dim)
        }
        if let action = actions(model).first(where: { $0.command == name }) { return CellText(action.help, .dim) }
        let starting = Set(names(model).filter { $0.hasPrefix(name) }).sorted()
        if starting.isEmpty { return CellText("no such command", .error) }
        let shown = starting.prefix(4).joined(separator: " ")
        return CellText(starting.count > 4 ? "\(shown) \(Glyph.ellipsis.text)" : shown, .dim)
    }
}

extension LiveOption {
    /// What a command that sets it takes.
    fileprivate var argument: String {
        switch setting.kind {
        case .flag: "on|off"
        case .seconds: "SECONDS"
        case .choice(let choices): choices.joined(separator: "|")
        case .text, .path: "NAME"
        }
    }
}

extension AppModel {
    /// The namespaces that anything known lies in.
    fileprivate var namespaces: [String] {
        guard let shown else { return [] }
        return Set(
            shown.services.map(\.service.meta.namespace) + shown.entries.map(\.entry.meta.namespace)
                + shown.proxies.map(\.id.namespace)
        ).sorted()
    }
}
