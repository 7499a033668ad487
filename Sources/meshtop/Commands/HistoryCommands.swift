import ArgumentParser
import Foundation
import MeshHistory
import MeshState
import MeshTUI

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "List the changes that were made with meshtop, to any mesh, newest first.",
        discussion: """
            They are kept in journal.sqlite under $XDG_STATE_HOME/meshtop. A change whose result is unknown was sent, but \
            meshtop ended before the API answered. `meshtop undo ID` takes one back.
            """)
    @Argument(
        help: ArgumentHelp("Only the changes of these numbers.", valueName: "ID"),
        completion: .custom { _, _, _ in await Completion.changes() })
    var numbers: [Int64] = []
    @Option(help: "Look at so many of the latest changes.")
    var limit = 1000
    @OptionGroup var output: OutputOptions
    @OptionGroup var selection: SelectionOptions

    func validate() throws {
        guard (1...100_000).contains(limit) else { throw ValidationError("--limit takes 1 to 100000") }
        _ = try rowSelection
    }

    private var rowSelection: RowSelection {
        get throws {
            try selection.rows(of: Listing.log) { query in
                query.names = numbers.map { String($0) }
                query.labels = selection.selector ?? ""
            }
        }
    }

    func run() async throws {
        let journal = try Journal(StateFolder().journal)
        if let notice = journal.notice { warn(notice) }
        let selection = try rowSelection
        var printer = RowPrinter(output: output)
        var version = try await journal.version()
        let rows = try await rows(of: journal, selection)
        guard output.watch else {
            if !rows.missing.isEmpty { throw Failure("there is no change \(rows.missing.joined(separator: ", "))") }
            return try StandardOutput.write(printer.all(of: rows))
        }
        try StandardOutput.write(printer.changes(to: rows))
        while true {
            try await Task.sleep(for: .seconds(1))
            let now = try await journal.version()
            if now != version { try StandardOutput.write(printer.changes(to: await self.rows(of: journal, selection))) }
            version = now
        }
    }

    private func rows(of journal: Journal, _ selection: RowSelection) async throws -> Rows {
        let actions = try await journal.records(limit: limit)
        let identity = MeshIdentity(context: "", server: "")
        do {
            return try selection.rows(of: MeshSnapshot(time: Date(), identity: identity, actions: actions))
        } catch {
            throw ValidationError(error.description)
        }
    }
}

struct UndoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo", abstract: "Take a change back that was made with meshtop.",
        discussion: """
            It is refused where somebody has changed the object since. Without a number the last change of yours is \
            taken back that stands, with all that was made together with it, and the one before it the next time. \
            The undoing is a change itself, which can be undone.
            """)
    @Argument(
        help: ArgumentHelp("The number of the change, as `meshtop history` tells it.", valueName: "ID"),
        completion: .custom { _, _, _ in await Completion.changes() })
    var number: Int64?
    @Flag(help: "Print what would change, and change nothing.")
    var dryRun = false
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let session = try connection.session(origin: "meshtop undo")
        do {
            let requests = try await session.undoRequests(number)
            if dryRun {
                for (request, live) in requests { Self.printDifference(from: live, to: request.object) }
            } else {
                try await session.perform(all: requests.map(\.request))
            }
        } catch {
            await session.stop()
            throw error
        }
        await session.stop()
    }

    private static func printDifference(from live: JSONValue?, to object: JSONValue?) {
        func text(_ object: JSONValue?) -> String {
            var object = object?.withoutManagedFields.madeSafe
            object?["status"] = nil
            return object?.yamlText ?? ""
        }
        for line in LineDiff.lines(from: text(live), to: text(object)) {
            switch line.kind {
            case .same: print("  \(line.text)")
            case .added: print("+ \(line.text)")
            case .removed: print("- \(line.text)")
            }
        }
    }
}

struct SweepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep", abstract: "End what was allowed or switched for a while and is over.",
        discussion: """
            For cron: it prints what it did, and nothing where nothing was to be done. A console that may change the mesh \
            does the same by itself, and so does the lab.
            """)
    @Flag(help: "Print what would be ended, and change nothing.")
    var dryRun = false
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        var failures = 0
        try await connection.withMesh(origin: "meshtop sweep") { session, snapshot in
            if !dryRun { try Configuration.requireUnlocked(context: session.identity.context) }
            for entry in snapshot.entries.map(\.entry) {
                if let problem = entry.expiry?.problem { warn("\(entry.meta.name): \(problem)") }
                do {
                    guard
                        let request = try Expiry.enforcement(
                            of: entry, version: snapshot.istioVersion, at: Date(), id: 0)
                    else { continue }
                    if dryRun {
                        print(request.summary)
                    } else if let done = try await session.enforce(entry.id) {
                        print(done)
                    }
                } catch {
                    failures += 1
                    warn("\(entry.meta.name): \(error)")
                }
            }
        }
        if failures > 0 { throw ExitCode.failure }
    }
}
