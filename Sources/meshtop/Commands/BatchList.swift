import ArgumentParser
import Foundation
import MeshState
import MeshTUI

/// Prints one pane's rows: once, or with `--watch` each row again whenever it changes.
struct BatchList {
    let pane: PaneID
    let connection: ConnectionOptions
    let output: OutputOptions

    init(_ pane: PaneID, _ connection: ConnectionOptions, _ output: OutputOptions) {
        self.pane = pane
        self.connection = connection
        self.output = output
    }

    func run() async throws {
        let session = try connection.session()
        let snapshot = await session.firstSnapshot()
        let complaints = Complaints(pane: pane, snapshot: snapshot)
        if !complaints.isTotal { Self.write(text(of: snapshot)) }
        complaints.lines.forEach(warn)
        if output.watch { await watch(session, after: snapshot) }
        await session.stop()
        if complaints.isTotal { throw ExitCode.failure }
    }

    /// Unbuffered, so that a row reaches a pipe when it is there.
    private static func write(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }

    private func text(of snapshot: MeshSnapshot) -> String {
        switch output.output {
        case .table, .wide:
            tableText(
                pane: pane, snapshot: snapshot, wide: output.output == .wide, noHeaders: output.noHeaders,
                now: snapshot.time)
        case .json: JSONValue.array(records(pane: pane, snapshot: snapshot)).jsonText(indent: 2) + "\n"
        case .yaml: records(pane: pane, snapshot: snapshot).map { "---\n" + $0.yamlText }.joined()
        }
    }

    /// Prints what is new or other than before: lines of the table, or a JSON document a line.
    private func watch(_ session: MeshSession, after first: MeshSnapshot) async {
        var printed = Set(rows(of: first))
        for await _ in session.changes {
            let now = rows(of: await session.snapshot())
            for row in now where !printed.contains(row) { Self.write(row + "\n") }
            printed = Set(now)
        }
    }

    private func rows(of snapshot: MeshSnapshot) -> [String] {
        switch output.output {
        case .table, .wide:
            tableText(
                pane: pane, snapshot: snapshot, wide: output.output == .wide, noHeaders: true, now: snapshot.time
            ).split(separator: "\n").map(String.init)
        case .json: records(pane: pane, snapshot: snapshot).map { $0.jsonText() }
        case .yaml: records(pane: pane, snapshot: snapshot).map { "---\n" + $0.yamlText }
        }
    }
}
