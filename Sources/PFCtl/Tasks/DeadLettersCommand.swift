import ArgumentParser
import PixelFlowClient
import PixelFlowCommands
import Terminal

struct DeadLettersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dlq",
        abstract: "Manages dead letters: tasks that have failed for good.",
        discussion: """
            Tasks belong to one account: see pfctl login.

            Examples:
              pfctl dlq ls
              pfctl dlq replay --all
            """,
        subcommands: [
            DeadLettersListCommand.self, DeadLettersShowCommand.self, TaskChangeCommand<DeadLettersReplay>.self,
            TaskChangeCommand<DeadLettersPurge>.self,
        ])
}

struct DeadLettersListCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "Lists failed tasks and why they failed, newest first.",
        discussion: """
            Examples:
              pfctl dlq ls
              pfctl dlq ls --limit 0 -o json | jq -r '.tasks[].error.code' | sort | uniq -c
            """)

    @OptionGroup var limit: ListLimit
    @OptionGroup var access: TokenOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let tasks = try await access.withAPI(in: session) { api in
            try await api.call { try await $0.list(TaskQuery(status: .failed), upTo: limit.count) }
        }
        session.print(.deadLetters(tasks, now: session.date))
        return .ok
    }
}

struct DeadLettersShowCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows a failed task with its outputs and history.",
        discussion: """
            Examples:
              pfctl dlq show 019706d2-7c3e-7000-8000-000000000000
            """)

    @Argument(help: "The task.") var id: ObjectArgument<ImageTask>

    @OptionGroup var access: TokenOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let id = try id.id
        let task = try await access.withAPI(in: session) { api in try await api.call { try await $0.task(id) } }
        guard task.status == .failed else {
            throw CommandError(.failed, "the task is \(task.status.rawValue), not FAILED", hint: "pfctl tasks show \(id) shows it")
        }
        session.print(TaskReport(task: task, now: session.now).document)
        return .ok
    }
}

enum DeadLettersReplay: TaskChangeKind {
    typealias Selection = DeadLetterSelection
    static let action = TaskAction.replay
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Runs failed tasks again.",
        discussion: """
            Examples:
              pfctl dlq replay 019706d2-7c3e-7000-8000-000000000000
              pfctl dlq replay --all --dry-run server
            """)
}

enum DeadLettersPurge: TaskChangeKind {
    typealias Selection = DeadLetterSelection
    static let action = TaskAction.purge
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Deletes failed tasks and everything stored for them.",
        discussion: """
            Examples:
              pfctl dlq purge 019706d2-7c3e-7000-8000-000000000000
              pfctl dlq purge --all --dry-run server
            """)
}

/// Selects failed tasks.
struct DeadLetterSelection: TaskSelecting {
    @Argument(help: "The tasks.") var ids: [ObjectArgument<ImageTask>] = []

    @Flag(help: "All failed tasks of this account.") var all = false

    func validate() throws {
        guard ids.isEmpty == all else { throw ValidationError("Name the tasks, or give --all.") }
    }

    func resolve(_ named: [String], _ api: ForwardedService) async throws -> [String] {
        // Read the complete list first, because each changed task disappears from it.
        all ? try await api.call { try await $0.list(TaskQuery(status: .failed)) }.map(\.id) : named
    }
}
