import ArgumentParser

struct RolloutPauseCommand: RolloutHoldCommand {
    static let pauses = true
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Holds a service's rollouts: changes are kept back until it is resumed.",
        discussion: """
            Examples:
              pfctl rollout pause api
            """)

    @Argument(help: "The service.") var service: String

    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions
}
