package import ArgumentParser

/// A shell for which there is a completion script.
package enum ShellArgument: String, CaseIterable, Sendable, ExpressibleByArgument {
    case bash, zsh, fish

    /// The completion script for the commands of an executable.
    package func script(for root: any ParsableCommand.Type) -> String {
        let shell: CompletionShell =
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        return root.completionScript(for: shell) + "\n"
    }
}
