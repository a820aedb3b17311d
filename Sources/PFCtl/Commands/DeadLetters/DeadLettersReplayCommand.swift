import ArgumentParser

struct DeadLettersReplayCommand: TaskChangeCommand {
    static let action = TaskAction.replay
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

    func ids(_ service: TaskService) async throws -> [String] { try await selection.resolve(service) }
}
