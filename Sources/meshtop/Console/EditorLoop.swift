import CursesTerminal
import Foundation
import MeshState
import MeshTUI

/// Edits a manifest in the operator's editor until the rules let it pass or the operator gives up.
struct EditorLoop {
    /// Where the file is written that the editor opens.
    let folder: URL
    /// Opens a file in the editor and returns its exit status once it has ended.
    let open: (_ file: String) throws -> Int32

    /// The command that opens a file in `$VISUAL`, `$EDITOR` or vi; either may have arguments of its own.
    static func command(
        for file: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> [String] {
        let editor = ["VISUAL", "EDITOR"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? "vi"
        return ["/bin/sh", "-c", "\(editor) \"$1\"", "sh", file]
    }

    func run(_ job: EditorJob) -> EditorOutcome {
        do {
            let file = job.file.map { URL(filePath: $0) } ?? folder.appending(path: fileName(job))
            return try run(job, in: file)
        } catch {
            return .failed("\(error)".madeSafe)
        }
    }

    private func fileName(_ job: EditorJob) -> String {
        // A name in Kubernetes has no character that a path would mind.
        let name = job.target.map { "\($0.namespace)-\($0.name)" } ?? "new-service-entry"
        return "\(name)-\(String(UInt32.random(in: 0...UInt32.max), radix: 36)).yaml"
    }

    private func run(_ job: EditorJob, in file: URL) throws -> EditorOutcome {
        var manifest = job.text
        var problems = job.problems
        while true {
            let written = EditedManifest.text(manifest, problems: problems)
            try PrivateFile.write(Data(written.utf8), to: file)
            let status: Int32
            do {
                status = try open(file.path)
            } catch {
                return .gaveUp("the editor cannot be started: \(error)", file: file.path)
            }
            let text = try String(contentsOf: file, encoding: .utf8)
            let isAsBefore = text == written
            if isAsBefore, problems.isEmpty {
                try FileManager.default.removeItem(at: file)
                if status != 0 { return .failed("the editor ended with status \(status)") }
                return .unchanged
            }
            if status != 0 { return .gaveUp("the editor ended with status \(status)", file: file.path) }
            if isAsBefore { return .gaveUp("left as it was: \(problems[0])".madeSafe, file: file.path) }
            manifest = EditedManifest.manifest(in: text)
            switch EditedManifest.verdict(on: manifest, target: job.target, version: job.version) {
            case .empty:
                try FileManager.default.removeItem(at: file)
                return .unchanged
            case .wrong(let found): problems = found
            case .object(let object):
                // The text that is sent is the text that is kept, without comments of ours.
                try PrivateFile.write(Data(manifest.utf8), to: file)
                return .object(object, file: file.path)
            }
        }
    }
}

extension ConsoleRunner {
    /// Leaves the screen to the editor.
    func edit(_ job: EditorJob, on terminal: Terminal) -> EditorOutcome {
        let state = StateFolder()
        do {
            try state.make(state.edited)
        } catch {
            return .failed("\(error.localizedDescription)")
        }
        return EditorLoop(folder: state.edited) { try terminal.run(EditorLoop.command(for: $0)) }.run(job)
    }

    func removeEdited(_ file: String) {
        // Whoever removed it before has done the same.
        try? FileManager.default.removeItem(atPath: file)
    }
}
