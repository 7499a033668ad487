import ArgumentParser
import Foundation
import MeshHistory
import MeshState
import MeshTUI

struct RecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Write what was observed of a mesh, or is for a while, into a file to carry away.",
        discussion: """
            `meshtop replay FILE` shows it on any machine. A console records all the time what it sees, so that --last \
            takes what has happened already; with --for the command looks on itself. The file holds what the panes show, \
            objects of the API among it.
            """)
    @Argument(help: ArgumentHelp("The new file.", valueName: "FILE"), completion: .file())
    var file: String
    @Option(help: ArgumentHelp("What was recorded so long; 1h where --for is not given.", valueName: "DURATION"))
    var last: ChangeOptions.Duration?
    @Option(name: .customLong("for"), help: ArgumentHelp("Look on for so long.", valueName: "DURATION"))
    var duration: ChangeOptions.Duration?
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let target = URL(filePath: file)
        if FileManager.default.fileExists(atPath: target.path) { throw Failure("\(file) is there already") }
        let session = try connection.session()
        do {
            if let seconds = last?.seconds ?? (duration == nil ? 3600 : nil) {
                let recorder = try FlightRecorder(StateFolder().recorder, mesh: session.identity)
                if let notice = recorder.notice { warn(notice) }
                _ = try await recorder.recording.export(to: target, since: Date(timeIntervalSinceNow: -seconds))
            }
            if let duration { try await lookOn(session, for: duration.seconds, into: target) }
        } catch {
            await session.stop()
            throw error
        }
        await session.stop()
        guard let extent = try await Recording(file: target).extent() else { throw Failure("\(file) is empty") }
        print("\(file): \(extent.lowerBound.rfc3339Text) to \(extent.upperBound.rfc3339Text); show it with `meshtop replay`")
    }

    private func lookOn(_ session: MeshSession, for seconds: Double, into target: URL) async throws {
        let recorder = try FlightRecorder(target, mesh: session.identity)
        let end = Date(timeIntervalSinceNow: seconds)
        try await recorder.note(await session.firstSnapshot())
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in session.changes { try await recorder.note(await session.snapshot()) }
            }
            group.addTask { try await Task.sleep(for: .seconds(max(0, end.timeIntervalSinceNow))) }
            // The first to end is the time that was given, or a recorder that cannot write.
            try await group.next()
            group.cancelAll()
        }
        try await recorder.seal(at: Date())
    }
}

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Open the console on a recording, or print what it holds.",
        discussion: """
            [ and ] step through what had changed, { and } by five minutes. Nothing can be changed. With a list, such as \
            blocked or entries, that list is printed as it was at --at.
            """)
    @Argument(help: ArgumentHelp("What `meshtop record` wrote.", valueName: "FILE"), completion: .file())
    var file: String
    @Argument(
        help: ArgumentHelp(
            "What to print: \(Self.lists.joined(separator: ", ")).", valueName: "LIST"),
        completion: .list(Self.lists))
    var list: String?
    @Option(
        help: ArgumentHelp(
            "The moment: so long before the end, as in 10m, or a time such as 2026-11-21T14:02:31Z.", valueName: "TIME"))
    var at: PointInTime?
    @Option(name: [.short, .setting(.output)], help: .setting(.output))
    var output: OutputOptions.Format?
    @Flag(name: .setting(.noHeaders), help: .setting(.noHeaders))
    var noHeaders = false
    @OptionGroup var selection: SelectionOptions
    @OptionGroup var screen: ScreenOptions

    private static let lists = Listing.kinds.map { $0.listing.id.name }

    private var listing: Listing? { Listing.kinds.map { $0.listing }.first { $0.id.name == list } }

    func validate() throws {
        guard let list else { return }
        if listing == nil { throw ValidationError("there is no list \(list)") }
    }

    func run() async throws {
        let recording = try Recording(file: URL(filePath: file))
        guard let listing else {
            guard StandardOutput.isTerminal else {
                throw Failure("the console needs a terminal; to print, name a list, as in meshtop replay \(file) blocked")
            }
            let session = try await MeshSession.replay(recording)
            return try await ConsoleRunner(
                session: session, connection: try await ConnectionOptions.reading([]), screen: screen
            ).run().finish()
        }
        guard let extent = try await recording.extent() else { throw Failure("\(file) is empty") }
        let time = at?.date(before: extent.upperBound) ?? extent.upperBound
        guard let snapshot = try await recording.snapshot(at: time) else {
            throw Failure("\(file) begins at \(extent.lowerBound.rfc3339Text)")
        }
        var query = RowQuery()
        query.filter = selection.filter ?? ""
        query.labels = selection.selector ?? ""
        query.fields = selection.fieldSelector ?? ""
        query.sort = selection.sortBy ?? ""
        query.since = selection.since?.date(before: snapshot.time)
        do {
            var form = try OutputOptions.parse([])
            form.outputOption = output ?? form.outputOption
            form.noHeaders = form.noHeaders || noHeaders
            var printer = RowPrinter(output: form)
            let rows = try RowSelection(query, of: listing).rows(of: snapshot)
            try StandardOutput.write(printer.all(of: rows))
        } catch let error as RowQueryError {
            throw ValidationError(error.description)
        }
    }
}
