import ArgumentParser
import Foundation

/// Writes what is made from the program itself and kept beside it.
struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Write files that are made from the program.", shouldDisplay: false,
        subcommands: [Schema.self, Man.self, PagesCommand.self])

    struct Schema: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The JSON schema of the configuration file: config.schema.json.")

        func run() { print(ConfigurationSchema.text, terminator: "") }
    }

    struct Man: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The man pages, one a command.")
        @Argument(help: "The folder that they are written to.", completion: .directory)
        var folder: String

        func run() throws {
            let folder = URL(filePath: folder)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for page in try ManPage.all() {
                try page.text.write(to: folder.appending(path: page.fileName), atomically: true, encoding: .utf8)
            }
        }
    }

    struct PagesCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pages", abstract: "The generated parts of README.md and of the pages in docs/.")
        @Argument(help: "The checkout.", completion: .directory)
        var checkout = "."
        @Flag(help: "Write nothing; name the pages that are stale, and fail if there are any.")
        var check = false

        func run() throws {
            let stale = try Pages.stale(in: URL(filePath: checkout))
            for (file, text) in stale {
                print(file.path)
                if check { continue }
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try text.write(to: file, atomically: true, encoding: .utf8)
            }
            if check, !stale.isEmpty {
                throw Failure("these pages are stale; run scripts/generate")
            }
        }
    }
}
