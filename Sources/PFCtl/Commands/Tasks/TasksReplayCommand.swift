import ArgumentParser

struct TasksReplayCommand: TaskChangeCommand {
    static let action = TaskAction.replay
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Lets failed tasks run again.",
        discussion: """
            Examples:
              pfctl tasks replay 019706d2-7c3e-7000-8000-000000000000
              pfctl tasks replay 019706d2-7c3e-7000-8000-000000000000 --dry-run server
            """)

    @Argument(help: "The tasks.") var ids: [String]

    @OptionGroup var change: ChangeOptions
    @OptionGroup var access: TokenOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func ids(_ service: TaskService) async throws -> [String] { ids }
}
