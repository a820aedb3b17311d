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

    @Option(help: "Only tasks with this status.") var status: TaskStatusArgument?

    @Option(help: ArgumentHelp("Only tasks of this batch.", valueName: "batch")) var batch: ObjectArgument<ImageBatch>?

    @Option(help: ArgumentHelp("Only tasks whose file name or URL contains this.", valueName: "text")) var search: String?

    @OptionGroup var limit: ListLimit
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let query = TaskQuery(status: status?.status, batch: try batch?.id, search: search)
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

    @Argument(help: "The task.") var id: ObjectArgument<ImageTask>

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let id = try id.id
        session.printer.print(TaskReport.one(try await session.client().task(id), session))
        return .ok
    }
}

/// A command that performs one action on tasks, one after the other, and continues if one of them fails.
protocol TaskChangeCommand: SessionCommand {
    /// Follows a task's name in the message of success.
    static var done: String { get }
    var ids: [ObjectArgument<ImageTask>] { get }
    func change(_ id: String, _ client: PixelFlowClient) async throws
}

extension TaskChangeCommand {
    func run(in session: Session) async throws -> ExitStatus {
        let ids = try ids.ids()
        let client = try session.client()
        let changes = TaskChanges(session.printer) { error in
            (error as? Problem).flatMap { $0.status == 401 ? nil : CommandError($0) }
        } document: { changed in
            Document(
                [.lines(changed.map { Text("\(ImageTask.reference($0)) \(Self.done)") })],
                data: ["action": .string(Self.done), "tasks": .array(changed.map { .string($0) })], names: changed.map(ImageTask.reference))
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

    @Argument(help: "The tasks.") var ids: [ObjectArgument<ImageTask>]
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

    @Argument(help: "The tasks.") var ids: [ObjectArgument<ImageTask>]
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
              pf tasks ls --status FAILED -o name | xargs pf tasks rm
            """)

    @Argument(help: "The tasks.") var ids: [ObjectArgument<ImageTask>]
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func change(_ id: String, _ client: PixelFlowClient) async throws { try await client.delete(id) }
}
