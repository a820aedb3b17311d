import ArgumentParser

struct DeadLettersListCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "Lists failed tasks and why they failed, the newest first.",
        discussion: """
            Examples:
              pfctl dlq ls
              pfctl dlq ls --limit 0 -o json | jq -r '.tasks[].error.code' | sort | uniq -c
            """)

    @OptionGroup var limit: ListLimit
    @OptionGroup var access: TokenOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let tasks = try await TaskService.using(session, access) { service in
            try await service.list(status: TaskSummary.failed, limit: limit.count)
        }
        session.print(TaskListReport(tasks: tasks, now: session.now, isDeadLetters: true).document)
        return .ok
    }
}
