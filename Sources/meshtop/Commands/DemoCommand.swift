import ArgumentParser
import Foundation
import MeshLab
import MeshState

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Start the lab, open the console on it, and stop the lab again at the end.",
        discussion: "A lab that was running before is left running.")
    @OptionGroup var screen: ScreenOptions

    func run() async throws {
        let lab = LabControl()
        let (_, started) = try await lab.up(policy: .registryOnly, executable: ownExecutable()) { print("lab: \($0)") }
        let ending: ConsoleRunner.Ending
        do {
            let connection = try await ConnectionOptions.lab()
            let session = try connection.session(interval: screen.interval, origin: "console")
            ending = try await ConsoleRunner(session: session, connection: connection, screen: screen).run()
        } catch {
            if started { _ = try await lab.down() }
            throw error
        }
        if started { _ = try await lab.down() }
        ending.finish()
    }
}
