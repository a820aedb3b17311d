import ArgumentParser

struct TasksShowCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows a task, its outputs and its history.",
        discussion: """
            Examples:
              pfctl tasks show 019706d2-7c3e-7000-8000-000000000000
              pfctl tasks show 019706d2-7c3e-7000-8000-000000000000 -o json | jq .pipeline
            """)

    @Argument(help: "The task.") var id: String

    @OptionGroup var access: TokenOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let task = try await TaskService.using(session, access) { try await $0.task(id) }
        session.print(TaskReport(task: task, now: session.now).document)
        return .ok
    }
}
