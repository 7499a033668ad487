import ArgumentParser
import Foundation
import MeshState

struct DoctorCommand: AsyncParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable { case table, json }

    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check terminal, configuration, rights and the mesh; say what cannot be seen.",
        discussion: """
            Each line says what was found and, where something is amiss, what to do about it. The exit status is 1 where \
            something fails, 0 with warnings.
            """)

    @Option(name: [.short, .long], help: "How to print.")
    var output: Format = .table
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let diagnoses = TerminalFacts.current().diagnoses + Self.settings() + Self.folders()
            + (await meshDiagnoses())
        switch output {
        case .json: try StandardOutput.write(JSONValue.array(diagnoses.map(\.record)).jsonText(indent: 2) + "\n")
        case .table:
            let isUnicode = TerminalFacts.isUTF8(ProcessInfo.processInfo.environment)
            try StandardOutput.write(diagnoses.text(unicode: isUnicode))
        }
        if diagnoses.contains(where: { $0.verdict == .fail }) { throw ExitCode.failure }
    }

    private func meshDiagnoses() async -> [Diagnosis] {
        do {
            let session = try connection.session()
            let facts = await MeshFacts(session)
            await session.stop()
            return facts.diagnoses
        } catch {
            return [.fail(.api, "access", "\(error)", remedy: "name a mesh with --context, or start one: meshtop lab up")]
        }
    }

    /// What the operator has set, and whether the themes are found. A file that is not understood has ended the command
    /// before.
    private static func settings(_ places: Places = Places()) -> [Diagnosis] {
        let file = places.configurationFile.path
        let isThere = FileManager.default.fileExists(atPath: file)
        let share: Diagnosis =
            places.share.map { .ok(.configuration, "share folder", $0.path) }
            ?? .warn(
                .configuration, "share folder", "no themes lie beside the executable: default-dark alone is there",
                remedy: "make install, or run the meshtop of a checkout")
        return [.ok(.configuration, "settings", isThere ? "\(file) is understood" : "\(file) is not there"), share]
    }

    /// Whether what meshtop keeps can be kept, and by its owner alone.
    static func folders(_ state: StateFolder = StateFolder()) -> [Diagnosis] {
        let path = state.url.path
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard let attributes else {
            return [.ok(.configuration, "state folder", "\(path), made when it is needed")]
        }
        guard FileManager.default.isWritableFile(atPath: path) else {
            return [
                .fail(
                    .configuration, "state folder", "\(path) may not be written: no journal, no undo",
                    remedy: "chown it to yourself, or set XDG_STATE_HOME")
            ]
        }
        let mode = (attributes[.posixPermissions] as? Int) ?? 0
        if mode & 0o077 != 0 {
            return [
                .warn(
                    .configuration, "state folder", "\(path) may be read by others (mode \(String(mode, radix: 8)))",
                    remedy: "chmod 700 \(path)")
            ]
        }
        return [.ok(.configuration, "state folder", path)]
    }
}
