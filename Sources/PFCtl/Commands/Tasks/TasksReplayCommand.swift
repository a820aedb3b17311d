import ArgumentParser

struct TasksReplayCommand: SessionCommand {
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

    func run(in session: Session) async throws -> ExitStatus {
        try await TaskService.using(session, access) { service in
            try await TaskChanges(session: session, service: service, change: change).perform(.replay, on: ids)
        }
    }
}
