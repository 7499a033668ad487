import ArgumentParser
import Foundation

/// Runs the command, and sees to the exit status: 2 for a wrong use, as this kind of program has it.
@main
enum Main {
    static func main() async {
        do {
            let arguments = try arguments()
            var command = try await Meshtop.asyncParseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch where Meshtop.exitCode(for: error) == .validationFailure {
            FileHandle.standardError.write(Data((Meshtop.fullMessage(for: error) + "\n").utf8))
            exit(2)
        } catch {
            Meshtop.exit(withError: error)
        }
    }

    /// What was typed, and what the operator has set for the command that was typed.
    private static func arguments() throws -> [String] {
        let typed = Array(CommandLine.arguments.dropFirst())
        do throws(ConfigurationProblem) {
            return try CommandDefaults.complete(typed, environment: ProcessInfo.processInfo.environment)
        } catch {
            // Where the file lies, and what is wrong with it, is told by this one.
            if typed.first == "info" { return typed }
            throw ValidationError(error.description)
        }
    }
}

struct Meshtop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "meshtop",
        abstract: "See and steer what leaves an Istio service mesh.",
        discussion: """
            Without a command the console opens. It looks at the mesh of --context or --server; without either at the \
            running lab, and without a lab at the current context of your kubeconfig.
            """,
        version: meshtopVersion,
        subcommands: [ConsoleCommand.self, DemoCommand.self] + listCommands + [
            AllowCommand.self, ToggleCommand.self, KeepCommand.self, ApplyCommand.self, EditCommand.self,
            DeleteCommand.self, RouteCommand.self, LabelCommand.self, RestartCommand.self, HistoryCommand.self,
            UndoCommand.self, SweepCommand.self, RecordCommand.self, ReplayCommand.self, InfoCommand.self,
            ValidateCommand.self, ExplainCommand.self, AdviseCommand.self,
            RegisterCommand.self, DeregisterCommand.self,
            DoctorCommand.self, CompletionsCommand.self, GenerateCommand.self,
            LabCommand.self, WorkloadCommand.self,
        ],
        defaultSubcommand: ConsoleCommand.self)
}

let meshtopVersion = "0.1.0"
