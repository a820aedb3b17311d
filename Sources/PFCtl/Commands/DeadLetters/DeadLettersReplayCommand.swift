import ArgumentParser

struct DeadLettersReplayCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Lets failed tasks run again.",
        discussion: """
            Examples:
              pfctl dlq replay 019706d2-7c3e-7000-8000-000000000000
              pfctl dlq replay --all --dry-run server
            """)

    @OptionGroup var selection: DeadLetterSelection
    @OptionGroup var change: ChangeOptions
    @OptionGroup var access: TokenOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        try await TaskService.using(session, access) { service in
            let changes = TaskChanges(session: session, service: service, change: change)
            return try await changes.perform(.replay, on: try await selection.resolve(service))
        }
    }
}
