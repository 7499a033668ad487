import Foundation
import MeshTUI
import Testing

@testable import meshtop

@Suite struct ConfigurationEditorTests {
    @Test(arguments: [
        ("", "interval: 2\ntheme: nord\n"),
        ("# mine\ncontext: prod\n", "# mine\ncontext: prod\ninterval: 2\ntheme: nord\n"),
        (
            "theme: 'gruvbox-dark' # the best\ninterval:   5   # seconds\nmouse: true\n",
            "theme: nord # the best\ninterval:   2   # seconds\nmouse: true\n"
        ),
        ("theme: \"a # b\"   # c\ninterval: 1", "theme: nord   # c\ninterval: 2\n"),
        ("contexts:\n  prod:\n    theme: x\n", "contexts:\n  prod:\n    theme: x\ninterval: 2\ntheme: nord\n"),
    ])
    func settingKeepsTheRest(_ before: String, _ after: String) throws {
        #expect(try ConfigurationEditor.setting(["theme": "nord", "interval": "2"], in: before) == after)
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "meshtop-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "meshtop/config.yaml")
        try ConfigurationEditor.write(["color": "256", "ascii": "true"], to: file)
        try ConfigurationEditor.write(["color": "16", "interval": "0.5"], to: file)
        let configuration = try Configuration(environment: ["XDG_CONFIG_HOME": folder.path])
        #expect(configuration.text(.color) == "16")
        #expect(configuration.flag(.ascii))
        #expect(configuration.value(.interval) == .seconds(0.5))
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: file.deletingLastPathComponent().path) == ["config.yaml"])
    }
}

@Suite struct PromptHistoryFileTests {
    @Test func itIsForItsOwnerAloneAndSurvivesNonsense() throws {
        let base = FileManager.default.temporaryDirectory.appending(path: "meshtop-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: base) }
        let file = PromptHistoryFile(folder: StateFolder(environment: ["XDG_STATE_HOME": base.path]))
        #expect(file.read() == nil)
        let text = #"{"command":["interval 2","theme nord"],"filter blocked":["host:mysql"]}"#
        let history = try JSONDecoder().decode(PromptHistory.self, from: Data(text.utf8))
        try file.write(history)
        try file.write(history)
        #expect(file.read() == history)
        let path = base.appending(path: "meshtop/prompts.json").path
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        try "[]".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(file.read() == nil)
    }
}

@Suite struct PathTests {
    @Test func everyPathIsTold() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "meshtop-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder.appending(path: "meshtop"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let environment = [
            "HOME": folder.path, "XDG_CONFIG_HOME": folder.path, "XDG_STATE_HOME": folder.path + "/state",
            "KUBECONFIG": "/a:/b",
        ]
        let paths = PathInUse.all(environment: environment)
        let names = paths.map(\.name)
        for name in ["executable", "configuration", "own themes", "share", "state", "journal", "recorder", "lab"] {
            #expect(names.contains(name))
        }
        #expect(paths.filter { $0.name == "kubeconfig" }.map(\.path) == ["/a", "/b"])
        let own = try #require(paths.first { $0.name == "configuration" })
        #expect(own.path == "\(folder.path)/meshtop/config.yaml" && !own.isThere)
        #expect(paths.first { $0.name == "executable" }?.isThere == true)
    }
}
