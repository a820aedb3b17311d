import ArgumentParser

struct RolloutResumeCommand: RolloutHoldCommand {
    static let pauses = false
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Goes on with what was paused.",
        discussion: """
            Examples:
              pfctl rollout resume api
            """)

    @Argument(help: "The service.") var service: String

    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions
}
