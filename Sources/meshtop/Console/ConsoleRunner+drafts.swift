import Foundation
import MeshState
import MeshTUI

/// The files in which forms are kept that are half written.
struct DraftFiles: Sendable {
    private let folder: URL
    private let state: StateFolder

    init(_ state: StateFolder = StateFolder()) {
        self.state = state
        folder = state.drafts
    }

    /// What was kept, and the files that cannot be read.
    func read() -> (drafts: [Draft], complaints: [String]) {
        var drafts: [Draft] = []
        var complaints: [String] = []
        // Without a folder nothing was ever kept.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        for name in names.sorted() where name.hasSuffix(".json") {
            let file = folder.appending(path: name)
            do {
                let json = try JSONValue(parsing: Array(try Data(contentsOf: file)))
                guard let draft = Draft(id: String(name.dropLast(5)), json: json) else {
                    throw Failure("it is no unfinished form")
                }
                drafts.append(draft)
            } catch {
                complaints.append("\(file.path): \(error)")
            }
        }
        return (drafts, complaints)
    }

    /// Writes a draft in one step, so that a file is always whole.
    func write(_ draft: Draft) throws {
        try state.make(folder)
        try PrivateFile.write(Data((draft.json.jsonText(indent: 2) + "\n").utf8), to: file(of: draft.id))
    }

    func remove(_ id: Draft.ID) throws {
        do {
            try FileManager.default.removeItem(at: file(of: id))
        } catch CocoaError.fileNoSuchFile {
            // Another console had it.
        }
    }

    private func file(of id: Draft.ID) -> URL { folder.appending(path: "\(id).json") }
}

extension ConsoleRunner {
    func readDrafts(_ inbox: Inbox) -> [Draft] {
        let (drafts, complaints) = DraftFiles().read()
        for complaint in complaints { inbox.put(.message(complaint.madeSafe, isError: true)) }
        return drafts
    }

    func write(_ draft: Draft, _ inbox: Inbox) {
        do {
            try DraftFiles().write(draft)
        } catch {
            inbox.put(.message("what you write is not kept: \(error)", isError: true))
        }
    }

    func removeDraft(_ id: Draft.ID, _ inbox: Inbox) {
        do {
            try DraftFiles().remove(id)
        } catch {
            inbox.put(.message("\(error.localizedDescription)", isError: true))
        }
    }
}
