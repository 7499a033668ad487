import ArgumentParser
import Foundation
import MeshState
import MeshTUI

struct ConsoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console", abstract: "Open the console (the default).", shouldDisplay: false)
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var screen: ScreenOptions
    @OptionGroup var printing: PrintOptions

    func run() async throws {
        let session = try connection.session(interval: screen.interval, origin: "console")
        guard let count = printing.count else {
            return try await ConsoleRunner(session: session, connection: connection, screen: screen).run().finish()
        }
        do {
            try await print(session, times: count)
        } catch {
            await session.stop()
            throw error
        }
        await session.stop()
    }

    private func print(_ session: MeshSession, times count: Int) async throws {
        var snapshot = await session.firstSnapshot()
        for turn in 1...count {
            try StandardOutput.write(text(of: snapshot, isOneOfSeveral: count > 1))
            guard turn < count else { break }
            try await Task.sleep(for: .seconds(screen.interval))
            snapshot = await session.snapshot()
        }
        // What is empty because nobody answered is no success.
        let sources = snapshot.sources.values
        if sources.allSatisfy({ $0.lastSuccess == nil }) {
            warn("\(session.identity.server) did not answer")
            throw ExitCode.failure
        }
    }

    private func text(of snapshot: MeshSnapshot, isOneOfSeveral: Bool) throws -> String {
        if printing.json { return snapshot.record.jsonText(indent: isOneOfSeveral ? 0 : 2) + "\n" }
        return try screenText(of: snapshot) + (isOneOfSeveral ? "\n\n" : "\n")
    }

    /// The whole console as text, as large as COLUMNS and LINES say.
    private func screenText(of snapshot: MeshSnapshot) throws -> String {
        let environment = ProcessInfo.processInfo.environment
        func extent(_ name: String, _ usual: Int) -> Int {
            environment[name].flatMap(Int.init).map { min(max($0, 1), 1000) } ?? usual
        }
        let size = Size(columns: extent("COLUMNS", 120), rows: extent("LINES", 40))
        let setup = try ConsoleSetup(screen, context: snapshot.identity.context)
        var model = AppModel(
            size: size, now: snapshot.time, contextName: snapshot.identity.context, user: NSUserName(),
            readOnly: setup.isReadOnly, interval: screen.interval, keys: setup.keys, clock: .local)
        _ = update(&model, .snapshot(snapshot))
        let isUnicode = !screen.ascii && TerminalFacts.isUTF8(environment)
        return render(model, size: size, capabilities: Capabilities(colors: .mono, unicode: isUnicode)).text
    }
}
