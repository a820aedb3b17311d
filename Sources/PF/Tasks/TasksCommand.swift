import ArgumentParser
import PixelFlowClient
import PixelFlowCommands
import Terminal

struct TasksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks",
        abstract: "Lists, shows, cancels, replays and deletes tasks.",
        discussion: """
            Examples:
              pf tasks ls --status PROCESSING
              pf tasks show 019706d2-7c3e-7000-8000-000000000000
            """,
        subcommands: [
            TasksListCommand.self, TasksShowCommand.self, TasksCancelCommand.self, TasksReplayCommand.self, TasksRemoveCommand.self,
        ])
}

struct TasksListCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "Lists tasks, newest first.",
        discussion: """
            Examples:
              pf tasks ls
              pf tasks ls --status FAILED --search holiday --limit 0
              pf tasks ls --batch 019706d2-7c3e-7000-8000-000000000000
            """)

    @Option(help: ArgumentHelp("Only tasks with this status.", valueName: "status")) var status: String?

    @Option(help: ArgumentHelp("Only tasks of this batch.", valueName: "batch")) var batch: String?

    @Option(help: ArgumentHelp("Only tasks whose file name or URL contains this.", valueName: "text")) var search: String?

    @OptionGroup var limit: ListLimit
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let status = status.map { ImageTask.Status(rawValue: $0.uppercased()) }
        let query = TaskQuery(status: status, batch: batch, search: search)
        let tasks = try await session.client().list(query, upTo: limit.count)
        session.printer.print(.list("tasks", tasks, [.id, .status, .age, .error, .source], now: session.now))
        return .ok
    }
}

struct TasksShowCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows a task with its outputs.",
        discussion: """
            Examples:
              pf tasks show 019706d2-7c3e-7000-8000-000000000000
              pf tasks show 019706d2-7c3e-7000-8000-000000000000 -o json | jq .pipeline
            """)

    @Argument(help: "The task.") var id: String

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        session.printer.print(TaskReport.one(try await session.client().task(id), session))
        return .ok
    }
}

/// A command that performs one action on tasks, one after the other, and continues if one of them fails.
protocol TaskChangeCommand: SessionCommand {
    /// Follows a task's name in the message of success.
    static var done: String { get }
    var ids: [String] { get }
    func change(_ id: String, _ client: PixelFlowClient) async throws
}

extension TaskChangeCommand {
    func run(in session: Session) async throws -> ExitStatus {
        let client = try session.client()
        let changes = TaskChanges(session.printer) { error in
            (error as? Problem).flatMap { $0.status == 401 ? nil : CommandError($0) }
        } document: { changed in
            Document(
                [.lines(changed.map { Text("task/\($0) \(Self.done)") })],
                data: ["action": .string(Self.done), "tasks": .array(changed.map { .string($0) })], names: changed.map { "task/\($0)" })
        }
        return try await changes.perform(on: ids) { try await change($0, client) }
    }
}

struct TasksCancelCommand: TaskChangeCommand {
    static let done = "cancelled"
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancels pending and running tasks.",
        discussion: """
            Examples:
              pf tasks cancel 019706d2-7c3e-7000-8000-000000000000
            """)

    @Argument(help: "The tasks.") var ids: [String]
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func change(_ id: String, _ client: PixelFlowClient) async throws { _ = try await client.cancel(id) }
}

struct TasksReplayCommand: TaskChangeCommand {
    static let done = "replayed"
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Runs failed tasks again.",
        discussion: """
            Examples:
              pf tasks replay 019706d2-7c3e-7000-8000-000000000000
            """)

    @Argument(help: "The tasks.") var ids: [String]
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func change(_ id: String, _ client: PixelFlowClient) async throws { _ = try await client.replay(id) }
}

struct TasksRemoveCommand: TaskChangeCommand {
    static let done = "deleted"
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Deletes tasks and their images.",
        discussion: """
            Examples:
              pf tasks rm 019706d2-7c3e-7000-8000-000000000000
              pf tasks ls --status FAILED -o name | cut -d/ -f2 | xargs pf tasks rm
            """)

    @Argument(help: "The tasks.") var ids: [String]
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func change(_ id: String, _ client: PixelFlowClient) async throws { try await client.delete(id) }
}
