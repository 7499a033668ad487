import Foundation

/// Every file and folder that meshtop reads or writes outside the lab.
struct Places: Sendable {
    let home: String
    /// `$XDG_CONFIG_HOME/meshtop`.
    let configurationFolder: URL
    private let executable: URL?

    init(environment: [String: String] = ProcessInfo.processInfo.environment, executable: URL? = try? ownExecutable()) {
        home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory()
        let base = environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "\(home)/.config"
        configurationFolder = URL(filePath: base).appending(path: "meshtop")
        self.executable = executable
    }

    var configurationFile: URL { configurationFolder.appending(path: "config.yaml") }

    var ownThemes: URL { configurationFolder.appending(path: "themes") }

    /// What was installed beside the executable, or the checkout that it was built in; nil where neither is there.
    var share: URL? {
        guard let executable else { return nil }
        let folder = executable.deletingLastPathComponent()
        let installed = folder.deletingLastPathComponent().appending(path: "share/meshtop")
        if Self.holdsThemes(installed) { return installed }
        // A build lies in .build/PLATFORM/CONFIGURATION of its checkout.
        var checkout = folder
        for _ in 0..<4 {
            checkout = checkout.deletingLastPathComponent()
            if Self.holdsThemes(checkout) { return checkout }
        }
        return nil
    }

    private static func holdsThemes(_ folder: URL) -> Bool {
        FileManager.default.fileExists(atPath: folder.appending(path: "themes/default-dark.yaml").path)
    }

    /// Where themes are looked for, in this order.
    var themeFolders: [URL] { [ownThemes] + (share.map { [$0.appending(path: "themes")] } ?? []) }
}
