import ArgumentParser
import PixelFlowClient
import PixelFlowCommands
import Terminal

struct TasksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks",
        abstract: "Lists, shows, cancels and replays tasks.",
        discussion: """
            Tasks belong to one account: see pfctl login.

            Examples:
              pfctl tasks ls --status PROCESSING
              pfctl tasks show 019706d2-7c3e-7000-8000-000000000000
            """,
        subcommands: [
            TasksListCommand.self, TasksShowCommand.self, TaskChangeCommand<TasksCancel>.self, TaskChangeCommand<TasksReplay>.self,
        ])
}

struct TasksListCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "Lists tasks, newest first.",
        discussion: """
            Examples:
              pfctl tasks ls
              pfctl tasks ls --status FAILED --search holiday --limit 0
            """)

    @Option(help: "Only tasks with this status.") var status: TaskStatusArgument?

    @Option(help: ArgumentHelp("Only tasks whose file name or URL contains this.", valueName: "text"))
    var search: String?

    @OptionGroup var limit: ListLimit
    @OptionGroup var access: TokenOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let query = TaskQuery(status: status?.status, search: search)
        let tasks = try await access.withAPI(in: session) { api in try await api.call { try await $0.list(query, upTo: limit.count) } }
        session.print(.tasks(tasks, now: session.date))
        return .ok
    }
}

struct TasksShowCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows a task with its outputs and history.",
        discussion: """
            Examples:
              pfctl tasks show 019706d2-7c3e-7000-8000-000000000000
              pfctl tasks show 019706d2-7c3e-7000-8000-000000000000 -o json | jq .pipeline
            """)

    @Argument(help: "The task.") var id: ObjectArgument<ImageTask>

    @OptionGroup var access: TokenOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let id = try id.id
        let task = try await access.withAPI(in: session) { api in try await api.call { try await $0.task(id) } }
        session.print(TaskReport(task: task, now: session.now).document)
        return .ok
    }
}

enum TasksCancel: TaskChangeKind {
    typealias Selection = TaskSelection
    static let action = TaskAction.cancel
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancels pending and running tasks.",
        discussion: """
            Examples:
              pfctl tasks cancel 019706d2-7c3e-7000-8000-000000000000
              pfctl tasks cancel 019706d2-7c3e-7000-8000-000000000000 --dry-run server
            """)
}

enum TasksReplay: TaskChangeKind {
    typealias Selection = TaskSelection
    static let action = TaskAction.replay
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Runs failed tasks again.",
        discussion: """
            Examples:
              pfctl tasks replay 019706d2-7c3e-7000-8000-000000000000
              pfctl tasks replay 019706d2-7c3e-7000-8000-000000000000 --dry-run server
            """)
}

/// Selects tasks.
struct TaskSelection: TaskSelecting {
    @Argument(help: "The tasks.") var ids: [ObjectArgument<ImageTask>]
}
