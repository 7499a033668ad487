import ArgumentParser
import Foundation
import MeshTUI

/// What the operator has set, from the environment and from the configuration file. A flag goes before a variable, a
/// variable before the file, and there what is said of the context before what is said of all.
struct Configuration: Sendable {
    let places: Places
    let file: ConfigurationFile
    private let environment: [String: String]

    /// Reads the variables and the file; no file is the same as an empty one.
    init(environment: [String: String] = ProcessInfo.processInfo.environment) throws(ConfigurationProblem) {
        self.environment = environment
        places = Places(environment: environment)
        let path = places.configurationFile.path
        if FileManager.default.fileExists(atPath: path) {
            let text: String
            do { text = try String(contentsOf: places.configurationFile, encoding: .utf8) } catch {
                throw ConfigurationProblem(
                    place: path, message: "cannot be read: \(error.localizedDescription)")
            }
            file = try ConfigurationFile(text, path: path)
        } else {
            file = ConfigurationFile()
        }
        for setting in Setting.all where environment[setting.variable]?.isEmpty == false {
            guard setting.value(of: environment[setting.variable] ?? "") == nil else { continue }
            throw ConfigurationProblem(
                place: setting.variable,
                message: "takes \(setting.expectation); it is \"\(environment[setting.variable] ?? "")\"")
        }
    }

    /// The value of a setting for a context; nil where neither environment, nor file, nor a default has one.
    func value(_ setting: Setting, context: String? = nil) -> Setting.Value? {
        if let text = environment[setting.variable], !text.isEmpty { return setting.value(of: text) }
        if let context, let own = file.contexts[context]?[setting.key] { return own }
        return file.values[setting.key] ?? setting.standard.flatMap(setting.value(of:))
    }

    func text(_ setting: Setting, context: String? = nil) -> String? { value(setting, context: context)?.text }

    func path(_ setting: Setting) -> String? {
        text(setting).map { $0.hasPrefix("~/") ? places.home + $0.dropFirst() : $0 }
    }

    func flag(_ setting: Setting, context: String? = nil) -> Bool { value(setting, context: context) == .flag(true) }

    /// Whether changes are locked in this context: what is said of a context cannot be taken back by a variable.
    func isReadOnly(context: String) -> Bool {
        file.contexts[context]?[Setting.readOnly.key] == .flag(true) || flag(.readOnly, context: context)
    }
}

extension Configuration {
    /// The same for a command, which does not run with a configuration that it does not understand: exit status 2.
    static func forCommand() throws -> Configuration {
        do throws(ConfigurationProblem) { return try Configuration() } catch {
            throw ValidationError(error.description)
        }
    }
}

extension Configuration {
    /// Refuses a change of a mesh whose context is locked.
    static func requireUnlocked(context: String) throws {
        let configuration = try forCommand()
        guard configuration.isReadOnly(context: context) else { return }
        throw Failure(
            "changes of \(context) are locked: \(Setting.readOnly.key) is set, see \(configuration.places.configurationFile.path)"
                + " and \(Setting.readOnly.variable)")
    }
}

/// What a console starts with, from flags and configuration.
struct ConsoleSetup: Sendable {
    var preferences: Preferences
    var keys: KeyMap
    var isReadOnly: Bool
    let themes: ThemeLibrary
    /// Whether the theme depends on the terminal's background, which only the terminal itself can tell.
    let asksForBackground: Bool
    /// What is wrong with the theme; the console starts all the same.
    var complaints: [String]

    init(_ screen: ScreenOptions, context: String, environment: [String: String] = ProcessInfo.processInfo.environment)
        throws
    {
        let configuration = try Configuration.forCommand()
        themes = ThemeLibrary(folders: configuration.places.themeFolders)
        let chosen = screen.themeOption ?? configuration.text(.theme, context: context)
        asksForBackground = chosen == nil && environment["COLORFGBG"]?.isEmpty != false
        let (theme, complaints) = themes.theme(chosen ?? ThemeLibrary.nameForTerminal(environment: environment))
        self.complaints = complaints
        preferences = Preferences(theme: theme, color: screen.color, ascii: screen.ascii, mouse: screen.mouse)
        keys = configuration.file.keys
        isReadOnly = screen.readOnlyFlag || configuration.isReadOnly(context: context)
    }
}
