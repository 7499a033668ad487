import ArgumentParser
import Foundation
import MeshTUI
import Testing

@testable import meshtop

@Suite struct ConfigurationFileTests {
    @Test func everySetting() throws {
        let file = try ConfigurationFile(
            """
            # what every console has
            kubeconfig: ~/.kube/config
            context: prod
            server: https://10.0.0.1:6443
            namespace: shop
            interval: 500ms
            theme: nord
            color: 256
            ascii: yes
            mouse: true
            readOnly: false
            output: wide
            noHeaders: true
            recorderAge: 12h
            recorderSize: 64M
            contexts:
              prod: { readOnly: true, theme: high-contrast }
            keys:
              toggle: [x, F9]
              sort previous: ","
              zoom: []
            """, path: "config.yaml")
        #expect(Set(file.values.keys) == Set(Setting.all.map(\.key)))
        #expect(file.values["interval"] == .seconds(0.5))
        #expect(file.values["color"] == .text("256"))
        #expect(file.values["ascii"] == .flag(true))
        #expect(file.contexts["prod"] == ["readOnly": .flag(true), "theme": .text("high-contrast")])
        let keys = Dictionary(uniqueKeysWithValues: file.keys.bindings.map { ($0.command, $0.keys) })
        #expect(keys["toggle"] == [.character("x"), .function(9)])
        #expect(keys["sort-previous"] == [.character(",")])
        #expect(keys["zoom"] == [])
    }

    @Test(arguments: ["", "# nothing but a remark\n"])
    func nothingIsSaid(_ text: String) throws {
        #expect(try ConfigurationFile(text, path: "c").values.isEmpty)
    }

    @Test(arguments: [
        ("theme: nord\ninterval: fast\n", "c:2: interval takes seconds from 0.2 to 3600, such as 2 or 500ms; here is \"fast\""),
        ("interval: 0.1", "c:1: interval takes seconds from 0.2 to 3600, such as 2 or 500ms; here is \"0.1\""),
        ("themes: nord", "c:1: there is no setting themes; is theme meant?"),
        ("mouse: [1]", "c:1: mouse takes true or false; here is a list"),
        ("color: blue", "c:1: color takes one of auto, truecolor, 256, 16, never; here is \"blue\""),
        ("contexts:\n  prod:\n    interval: 2", "c:3: there is no setting interval; known are theme, readOnly"),
        ("contexts:\n  prod: yes", "c:2: the context prod takes settings, such as readOnly: true"),
        ("keys:\n  togle: x", "c:2: there is no action togle; is toggle meant?"),
        ("keys:\n  toggle: Hyper-X", "c:2: Hyper-X is no key; keys are written like x, F9, Ctrl-D, PgUp, Space"),
        ("keys:\n  quit-at-once: []", "c:2: quit-at-once must keep a key, as it works everywhere"),
        (
            "keys:\n  toggle: q",
            "c:2: q would be both toggle (Switch the entry off, or on again, without losing anything) and quit (Quit) in "
                + "the pane Service entries; give one of them another key"
        ),
        ("commands: yes", "c:1: commands takes names of commands with flags under each, such as allow: {for: 1h}"),
        ("commands:\n  alow: {}", "c:2: there is no command alow; is allow meant?"),
        ("commands:\n  allow: 1h", "c:2: the command allow takes flags, such as from"),
        ("commands:\n  allow:\n    fro: 1h", "c:3: allow has no flag fro; is from meant?"),
        ("commands:\n  allow:\n    dryRun: 1h", "c:3: dryRun takes true or false; here is \"1h\""),
        ("commands:\n  allow:\n    for: [1h, 2h]", "c:3: for takes a text; here is \"1h, 2h\""),
        ("- 1", "c:1: is no list of settings; write lines such as interval: 2"),
    ])
    func whatIsNotUnderstood(_ text: String, _ message: String) {
        #expect {
            try ConfigurationFile(text, path: "c")
        } throws: {
            "\($0)" == message
        }
    }

    @Test func textThatIsNoYAML() {
        #expect {
            try ConfigurationFile("theme: nord\nkeys: {", path: "c")
        } throws: {
            "\($0)".hasPrefix("c:2: is not valid YAML") || "\($0)".hasPrefix("c:3: is not valid YAML")
        }
    }
}

@Suite struct ConfigurationTests {
    private func configuration(_ text: String?, _ environment: [String: String] = [:]) throws -> Configuration {
        let folder = FileManager.default.temporaryDirectory.appending(path: "meshtop-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder.appending(path: "meshtop"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try text?.write(to: folder.appending(path: "meshtop/config.yaml"), atomically: true, encoding: .utf8)
        let given = ["XDG_CONFIG_HOME": folder.path, "HOME": "/home/olga"].merging(environment) { $1 }
        return try Configuration(environment: given)
    }

    @Test func variablesGoBeforeTheFileAndTheFileBeforeTheDefault() throws {
        let text = "interval: 5\ntheme: nord\ncontexts: { prod: { theme: high-contrast, readOnly: true } }"
        let plain = try configuration(nil)
        #expect(plain.value(.interval) == .seconds(1))
        #expect(plain.value(.theme) == nil)
        let file = try configuration(text)
        #expect(file.value(.interval) == .seconds(5))
        #expect(file.text(.theme) == "nord")
        #expect(file.text(.theme, context: "prod") == "high-contrast")
        #expect(file.isReadOnly(context: "prod") && !file.isReadOnly(context: "test"))
        let variables = try configuration(
            text, ["MESHTOP_INTERVAL": "2s", "MESHTOP_THEME": "dracula", "MESHTOP_READ_ONLY": "false", "MESHTOP_ASCII": ""])
        #expect(variables.value(.interval) == .seconds(2))
        #expect(variables.text(.theme, context: "prod") == "dracula")
        #expect(variables.isReadOnly(context: "prod"))
        #expect(try configuration(nil, ["MESHTOP_READ_ONLY": "1"]).isReadOnly(context: "any"))
    }

    @Test func aPathMayBeginAtHome() throws {
        #expect(try configuration("kubeconfig: ~/k/config").path(.kubeconfig) == "/home/olga/k/config")
        #expect(try configuration("kubeconfig: /k").path(.kubeconfig) == "/k")
    }

    @Test func aVariableThatIsNotUnderstood() {
        #expect {
            try configuration(nil, ["MESHTOP_MOUSE": "maybe"])
        } throws: {
            "\($0)" == "MESHTOP_MOUSE: takes true or false; it is \"maybe\""
        }
    }

    @Test func everyFlagOfEveryCommandIsASettingOfItsOwn() throws {
        func commands(_ type: any ParsableCommand.Type, _ path: [String]) -> [([String], any ParsableCommand.Type)] {
            let below = type.configuration.subcommands.filter {
                $0.configuration.shouldDisplay || $0 == ConsoleCommand.self
            }
            return [(path, type)] + below.flatMap { commands($0, path + [$0._commandName]) }
        }
        var all: Set<CommandFlag> = []
        for (path, type) in commands(Meshtop.self, []).dropFirst() {
            // Help is what its reader knows of a command.
            let help = Meshtop.helpMessage(for: type)
            let options = help.firstRange(of: "OPTIONS:").map { String(help[$0.upperBound...]) } ?? ""
            let own = CommandFlag.all.filter { $0.command == path.joined(separator: " ") }
            let spellings = Set(own.flatMap(\.spellings))
            for line in options.split(separator: "\n") where line.hasPrefix("  -") {
                let flags = line.matches(of: /--[a-z-]+/).map { String($0.output) }.filter {
                    !["--help", "--version"].contains($0)
                }
                guard let flag = flags.first else { continue }
                #expect(spellings.contains(flag), "\(path.joined(separator: " ")) \(flag)")
            }
            for flag in own {
                let value = flag.takesValue ? flag.choices.first ?? "1" : "true"
                let typed = flag.takesValue ? "--\(flag.name)=\(value)" : "--\(flag.name)"
                let file = try ConfigurationFile(
                    "commands: { \(flag.command): { \(flag.key): \"\(value)\" } }", path: "c")
                #expect(file.commands == [flag: [value]])
                let given = try completed(path, nil, [flag.variable: value])
                #expect(given == path + [typed], "\(flag.variable)")
            }
            all.formUnion(own)
        }
        #expect(all == Set(CommandFlag.all) && all.count > 150)
        // No variable means two things.
        let variables = CommandFlag.all.map(\.variable) + Setting.all.map(\.variable)
        #expect(Set(variables).count == variables.count)
    }

    private func completed(
        _ arguments: [String], _ text: String?, _ environment: [String: String] = [:]
    ) throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "meshtop-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder.appending(path: "meshtop"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try text?.write(to: folder.appending(path: "meshtop/config.yaml"), atomically: true, encoding: .utf8)
        return try CommandDefaults.complete(
            arguments, environment: ["XDG_CONFIG_HOME": folder.path].merging(environment) { $1 })
    }

    private static let habits = """
        commands:
          allow: { for: 1h, from: sleep }
          blocked: { output: wide }
          lab up: { dnsCapture: yes, outboundPolicy: ALLOW_ANY }
          console: { watch: true }
          validate: { filename: [a.yaml, b.yaml] }
          lab status: { certs: false }
        """

    @Test(arguments: [
        ("allow h:1", [:], "allow --from=sleep --for=1h h:1"),
        ("allow h:1 --for 5m", [:], "allow --from=sleep h:1 --for 5m"),
        ("allow h:1 --for=5m", ["MESHTOP_ALLOW_FOR": "2h"], "allow --from=sleep h:1 --for=5m"),
        ("allow h:1", ["MESHTOP_ALLOW_FOR": "2h"], "allow --from=sleep --for=2h h:1"),
        ("blocked -ojson", [:], "blocked -ojson"), ("blocked", [:], "blocked --output=wide"),
        ("lab up", [:], "lab up --outbound-policy=ALLOW_ANY --dns-capture"),
        ("lab up", ["MESHTOP_LAB_UP_DNS_CAPTURE": "no"], "lab up --outbound-policy=ALLOW_ANY"),
        ("lab exec sleep -- curl --for", [:], "lab exec sleep -- curl --for"),
        ("", [:], "--watch"), ("--theme nord", [:], "--watch --theme nord"), ("console", [:], "console --watch"),
        ("validate", [:], "validate --filename=a.yaml --filename=b.yaml"), ("validate -f c", [:], "validate -f c"),
        ("lab status", [:], "lab status"), ("entries", [:], "entries"), ("help allow", [:], "help allow"),
        ("---completion allow", [:], "---completion allow"), ("lab-workload x", [:], "lab-workload x"),
        ("nonsense", [:], "nonsense"),
    ])
    func whatIsTypedComesLast(_ typed: String, _ environment: [String: String], _ expected: String) throws {
        let words = typed.split(separator: " ").map(String.init)
        #expect(try completed(words, Self.habits, environment).joined(separator: " ") == expected)
    }

    @Test func whatIsGivenForACommandIsUnderstoodByIt() async throws {
        let arguments = try completed(["allow", "h:1"], Self.habits)
        let command = try #require(try await Meshtop.asyncParseAsRoot(arguments) as? AllowCommand)
        #expect(command.change.duration?.seconds == 3600 && command.from == "sleep")
        let console = try #require(
            try await Meshtop.asyncParseAsRoot(completed([], Self.habits)) as? ConsoleCommand)
        #expect(console.screen.watch)
    }

    @Test func aVariableOfACommandThatIsNotUnderstood() {
        #expect {
            try completed(["lab", "up"], nil, ["MESHTOP_LAB_UP_OUTBOUND_POLICY": "SOME"])
        } throws: {
            "\($0)" == "MESHTOP_LAB_UP_OUTBOUND_POLICY: takes one of REGISTRY_ONLY, ALLOW_ANY, ALLOW_ANY_DYNAMIC_DNS; it is \"SOME\""
        }
    }

    @Test(arguments: [
        ("readOnly", "--read-only", "MESHTOP_READ_ONLY"), ("theme", "--theme", "MESHTOP_THEME"),
        ("noHeaders", "--no-headers", "MESHTOP_NO_HEADERS"),
    ])
    func namesOfASetting(_ key: String, _ flag: String, _ variable: String) throws {
        let setting = try #require(Setting.all.first { $0.key == key })
        #expect(setting.flag == flag && setting.variable == variable)
    }

    @Test(arguments: [
        ("2", 2.0), ("0.5", 0.5), ("500ms", 0.5), ("2s", 2), ("5m", 300), ("24h", 86_400), ("1d", 86_400), ("", nil),
        ("s", nil), ("-1", nil), ("1.2.3", nil), ("two", nil),
    ])
    func seconds(_ text: String, _ value: Double?) { #expect(Setting.seconds(text) == value) }
}

@Suite struct ThemeLibraryTests {
    /// A folder of the user's and one of the installation, with these files.
    private func library(own: [String: String] = [:], shared: [String: String] = [:]) throws -> ThemeLibrary {
        let base = FileManager.default.temporaryDirectory.appending(path: "meshtop-\(UUID().uuidString)")
        var folders: [URL] = []
        for (name, files) in [("own", own), ("shared", shared)] {
            let folder = base.appending(path: name)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for (file, text) in files {
                try text.write(to: folder.appending(path: "\(file).yaml"), atomically: true, encoding: .utf8)
            }
            folders.append(folder)
        }
        return ThemeLibrary(folders: folders)
    }

    @Test func theUsersOwnGoesFirst() throws {
        let library = try library(
            own: ["nord": "roles: { ok: { fg: red } }"],
            shared: ["nord": "roles: { ok: { fg: green } }", "sea": "inherits: nord\nroles: { warn: { fg: blue } }"])
        #expect(library.names == ["default-dark", "nord", "sea"])
        #expect(library.theme("nord").theme.roles[.ok]?.foreground == .indexed(1))
        #expect(library.theme("sea").theme.roles[.ok]?.foreground == .indexed(1))
    }

    @Test func aBrokenThemeIsTheDefaultWithAMessage() throws {
        let library = try library(own: ["bad": "roles: {", "odd": "roles: { ok: { fg: greenish } }", "loop": "inherits: loop"])
        let bad = library.theme("bad")
        #expect(bad.theme == .defaultDark)
        #expect(bad.complaints.first?.contains("bad.yaml: theme bad is not valid YAML") == true)
        let odd = library.theme("odd")
        #expect(odd.theme.name == "odd")
        #expect(odd.complaints.first?.hasSuffix("odd.yaml: line 1: greenish is not a colour") == true)
        #expect(library.theme("loop").complaints.first?.contains("inherit in a circle") == true)
        #expect(library.theme("od").complaints == ["there is no theme od; is odd meant?"])
        #expect(library.theme("../etc").complaints.count == 1)
        #expect(library.theme("default-dark").complaints.isEmpty)
    }

    @Test(arguments: [
        (nil, "default-dark"), ("15;0", "default-dark"), ("0;15", "default-light"), ("0;default;15", "default-light"),
        ("0;7", "default-light"), ("15;8", "default-dark"), ("x", "default-dark"),
    ])
    func aLightTerminalHasTheLightTheme(_ value: String?, _ name: String) {
        #expect(ThemeLibrary.nameForTerminal(environment: value.map { ["COLORFGBG": $0] } ?? [:]) == name)
    }

    @Test func theCheckoutsThemesAreFound() {
        #expect(ThemeLibrary(folders: Places().themeFolders).names.contains("high-contrast"))
    }
}
