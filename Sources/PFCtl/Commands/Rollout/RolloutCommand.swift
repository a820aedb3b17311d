import ArgumentParser

struct RolloutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout",
        abstract: "Follows, repeats, takes back and pauses rollouts of a service.",
        discussion: """
            Examples:
              pfctl rollout status worker
              pfctl rollout restart api --wait
              pfctl rollout undo api --to-revision 3
            """,
        subcommands: [
            RolloutStatusCommand.self, RolloutHistoryCommand.self, RolloutRestartCommand.self, RolloutUndoCommand.self,
            RolloutPauseCommand.self, RolloutResumeCommand.self,
        ])
}
