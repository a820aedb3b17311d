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

    @Argument(help: "The shell.") var shell: ShellArgument

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        session.print(verbatim: shell.script(for: RootCommand.self))
        return .ok
    }
}
