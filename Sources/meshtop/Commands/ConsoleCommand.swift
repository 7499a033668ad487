import ArgumentParser
import Foundation
import MeshState
import MeshTUI

struct ConsoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console", abstract: "Open the console (the default).", shouldDisplay: false)
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var screen: ScreenOptions

    func run() async throws {
        let session = try connection.session(interval: screen.interval)
        if screen.once {
            await printOnce(session)
        } else {
            let ending = try await ConsoleRunner(session: session, screen: screen).run()
            ending.finish()
        }
    }

    /// The whole console as text, as wide as COLUMNS says.
    private func printOnce(_ session: MeshSession) async {
        let environment = ProcessInfo.processInfo.environment
        let size = Size(
            columns: environment["COLUMNS"].flatMap(Int.init) ?? 120, rows: environment["LINES"].flatMap(Int.init) ?? 40)
        let snapshot = await session.firstSnapshot()
        var model = AppModel(
            size: size, now: snapshot.time, contextName: snapshot.identity.context, user: NSUserName(), readOnly: screen.readOnly,
            interval: screen.interval, clock: .local)
        _ = update(&model, .snapshot(snapshot))
        let isUnicode = !screen.ascii && Self.localeIsUTF8(environment)
        print(render(model, size: size, capabilities: Capabilities(colors: .mono, unicode: isUnicode)).text)
        await session.stop()
    }

    private static func localeIsUTF8(_ environment: [String: String]) -> Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? "C"
        return locale.lowercased().contains("utf-8") || locale.lowercased().contains("utf8")
    }
}
