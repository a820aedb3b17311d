import ArgumentParser

struct DeadLettersShowCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows a failed task, its outputs and its history.",
        discussion: """
            Examples:
              pfctl dlq show 019706d2-7c3e-7000-8000-000000000000
            """)

    @Argument(help: "The task.") var id: String

    @OptionGroup var access: TokenOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let task = try await TaskService.using(session, access) { try await $0.task(id) }
        guard task.status == TaskSummary.failed else {
            throw CommandFailure(.failed, "the task is \(task.status), not FAILED", hint: "pfctl tasks show \(id) shows it all the same")
        }
        session.print(TaskReport(task: task, now: session.now).document)
        return .ok
    }
}
