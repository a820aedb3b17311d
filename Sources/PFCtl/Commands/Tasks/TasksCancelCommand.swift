import ArgumentParser

struct TasksCancelCommand: TaskChangeCommand {
    static let action = TaskAction.cancel
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancels tasks that wait or run.",
        discussion: """
            Examples:
              pfctl tasks cancel 019706d2-7c3e-7000-8000-000000000000
              pfctl tasks cancel 019706d2-7c3e-7000-8000-000000000000 --dry-run server
            """)

    @Argument(help: "The tasks.") var ids: [String]

    @OptionGroup var change: ChangeOptions
    @OptionGroup var access: TokenOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func ids(_ service: TaskService) async throws -> [String] { ids }
}
