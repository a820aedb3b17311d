import ArgumentParser

struct DeadLettersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dlq",
        abstract: "Lists, shows, replays and purges tasks that have failed for good.",
        discussion: """
            Tasks are those of one account: see pfctl login.

            Examples:
              pfctl dlq ls
              pfctl dlq replay --all
            """,
        subcommands: [
            DeadLettersListCommand.self, DeadLettersShowCommand.self, DeadLettersReplayCommand.self, DeadLettersPurgeCommand.self,
        ])
}
