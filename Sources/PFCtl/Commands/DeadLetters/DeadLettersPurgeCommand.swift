import ArgumentParser

struct DeadLettersPurgeCommand: TaskChangeCommand {
    static let action = TaskAction.purge
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Deletes failed tasks with all that is stored of them.",
        discussion: """
            Examples:
              pfctl dlq purge 019706d2-7c3e-7000-8000-000000000000
              pfctl dlq purge --all --dry-run server
            """)

    @OptionGroup var selection: DeadLetterSelection
    @OptionGroup var change: ChangeOptions
    @OptionGroup var access: TokenOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func ids(_ service: TaskService) async throws -> [String] { try await selection.resolve(service) }
}
