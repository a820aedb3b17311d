import ArgumentParser

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Shows the kubeconfig, and chooses its context.",
        discussion: """
            Examples:
              pfctl config view
              pfctl config use-context kind-pixelflow
            """,
        subcommands: [ConfigViewCommand.self, ConfigUseContextCommand.self])
}
