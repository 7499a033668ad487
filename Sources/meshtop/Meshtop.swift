import ArgumentParser

@main
struct Meshtop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "meshtop",
        abstract: "See and steer what leaves an Istio service mesh.",
        discussion: """
            Without a command the console opens. It looks at the mesh of --context or --server; without either at the \
            running lab, and without a lab at the current context of your kubeconfig.
            """,
        version: meshtopVersion,
        subcommands: [
            ConsoleCommand.self, DemoCommand.self, ServicesCommand.self, EntriesCommand.self, ConnectionsCommand.self,
            BlockedCommand.self, AllowCommand.self, ToggleCommand.self, LabCommand.self, WorkloadCommand.self,
        ],
        defaultSubcommand: ConsoleCommand.self)
}

let meshtopVersion = "0.1.0"
