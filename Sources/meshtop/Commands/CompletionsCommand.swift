import ArgumentParser
import Foundation

struct CompletionsCommand: ParsableCommand {
    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish

        fileprivate var kind: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }

    static let configuration = CommandConfiguration(
        commandName: "completions", abstract: "Print the completion script of a shell: bash, zsh or fish.",
        discussion: """
            bash: source <(meshtop completions bash). zsh: meshtop completions zsh > a folder of $fpath/_meshtop. \
            fish: meshtop completions fish > ~/.config/fish/completions/meshtop.fish. \
            Names, namespaces and contexts are asked for when Tab is pressed.
            """)
    @Argument(help: "The shell.")
    var shell: Shell

    var script: String { Meshtop.completionScript(for: shell.kind) }

    func run() throws { try StandardOutput.write(script) }
}
