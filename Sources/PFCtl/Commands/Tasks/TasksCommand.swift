import ArgumentParser

struct TasksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks",
        abstract: "Lists, shows, cancels and replays tasks.",
        discussion: """
            Tasks are those of one account: see pfctl login.

            Examples:
              pfctl tasks ls --status PROCESSING
              pfctl tasks show 019706d2-7c3e-7000-8000-000000000000
            """,
        subcommands: [TasksListCommand.self, TasksShowCommand.self, TasksCancelCommand.self, TasksReplayCommand.self])
}
