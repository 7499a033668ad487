import ArgumentParser

/// Prints what is made from the program itself and kept beside it.
struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Print files that are made from the program.", shouldDisplay: false,
        subcommands: [Schema.self])

    struct Schema: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The JSON schema of the configuration file: config.schema.json.")

        func run() { print(ConfigurationSchema.text, terminator: "") }
    }
}
