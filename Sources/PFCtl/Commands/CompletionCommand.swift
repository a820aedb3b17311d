import ArgumentParser
import Terminal

struct CompletionCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion",
        abstract: "Prints the completion script for a shell.",
        discussion: """
            Examples:
              source <(pfctl completion bash)
              pfctl completion zsh > "${fpath[1]}/_pfctl"
              pfctl completion fish > ~/.config/fish/completions/pfctl.fish
            """)

    enum Shell: String, CaseIterable, Sendable, ExpressibleByArgument {
        case bash, zsh, fish

        var parsersOwn: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }

    @Argument(help: "The shell.") var shell: Shell

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        session.print(verbatim: RootCommand.completionScript(for: shell.parsersOwn) + "\n")
        return .ok
    }
}
