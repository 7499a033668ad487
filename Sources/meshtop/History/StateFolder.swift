import Foundation
import MeshLab

/// Where meshtop keeps what it remembers: `$XDG_STATE_HOME/meshtop`, else `~/.local/state/meshtop`.
struct StateFolder: Sendable {
    let url: URL

    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        url = LabSettings.userStateDirectory(environment: environment)
    }

    /// Changes that were made; see `Journal`.
    var journal: URL { url.appending(path: "journal.sqlite") }
    /// What was observed; see `FlightRecorder`.
    var recorder: URL { url.appending(path: "recorder.sqlite") }
    /// Forms that are half written.
    var drafts: URL { url.appending(path: "drafts") }
    /// What was typed into prompts.
    var prompts: URL { url.appending(path: "prompts.json") }
    /// What is being written in an editor, or was given up there.
    var edited: URL { url.appending(path: "edited") }
    /// What Ctrl-S saved.
    var saved: URL { url.appending(path: "saved") }

    /// Makes a folder in it, and it itself, for their owner alone.
    func make(_ folder: URL) throws {
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
}
