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

    @Option(help: ArgumentHelp("At most so many, 0 for all.", valueName: "tasks"))
    var limit = 50

    @OptionGroup var access: TokenOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        guard limit >= 0 else { throw ValidationError("--limit cannot be negative.") }
    }

    func run(in session: Session) async throws -> ExitStatus {
        let tasks = try await TaskService.using(session, access) { service in
            try await service.list(status: TaskSummary.failed, limit: limit == 0 ? nil : limit)
        }
        session.print(TaskListReport(tasks: tasks, now: session.now, isDeadLetters: true).document)
        return .ok
    }
}
