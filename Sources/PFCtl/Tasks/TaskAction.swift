import ArgumentParser
import PixelFlowClient
import PixelFlowCommands
import Terminal
import WireFormats

/// An action on tasks.
enum TaskAction: String, Sendable {
    case cancel, replay, purge

    /// Follows a task's name in the message of success.
    var done: String {
        switch self {
        case .cancel: "cancelled"
        case .replay: "replayed"
        case .purge: "purged"
        }
    }

    /// The reason why the action is impossible for a task; nil if it is possible.
    func obstacle(_ task: ImageTask) -> String? {
        switch self {
        case .cancel: task.status.isFinal ? "it is already \(task.status.rawValue)" : nil
        case .replay, .purge: task.status == .failed ? nil : "it is \(task.status.rawValue), not FAILED"
        }
    }

    fileprivate func perform(on id: String, _ client: PixelFlowClient) async throws {
        switch self {
        case .cancel: _ = try await client.cancel(id)
        case .replay: _ = try await client.replay(id)
        case .purge: try await client.delete(id)
        }
    }
}

/// Which tasks to change.
protocol TaskSelecting: ParsableArguments, Sendable {
    var ids: [ObjectArgument<ImageTask>] { get }
    /// - Parameter named: the given ids.
    func resolve(_ named: [String], _ api: ForwardedService) async throws -> [String]
}

extension TaskSelecting {
    func resolve(_ named: [String], _ api: ForwardedService) async throws -> [String] { named }
}

/// What a command does to tasks, and its help.
protocol TaskChangeKind: Sendable {
    associatedtype Selection: TaskSelecting
    static var action: TaskAction { get }
    static var configuration: CommandConfiguration { get }
}

/// A command that performs one action on tasks, one after the other.
struct TaskChangeCommand<Kind: TaskChangeKind>: SessionCommand {
    static var configuration: CommandConfiguration { Kind.configuration }

    @OptionGroup var selection: Kind.Selection
    @OptionGroup var change: ChangeOptions
    @OptionGroup var access: TokenOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let ids = try selection.ids.ids()
        return try await access.withAPI(in: session) { api in
            let changes = TaskChanges(session.printer) { error in
                (error as? CommandError).flatMap { $0.status == .failed ? $0 : nil }
            } document: {
                document($0)
            }
            return try await changes.perform(on: selection.resolve(ids, api)) { try await perform(on: $0, api) }
        }
    }

    private func perform(on id: String, _ api: ForwardedService) async throws {
        if change.isClientOnly { return }
        let action = Kind.action
        // The api would delete a task with any status, but only failed ones are dead letters.
        if change.dryRun == .server || action == .purge, let obstacle = action.obstacle(try await api.call({ try await $0.task(id) })) {
            throw CommandError(.failed, obstacle)
        }
        if change.dryRun == .none { try await api.call { try await action.perform(on: id, $0) } }
    }

    private func document(_ ids: [String]) -> Document {
        let lines = ids.map { Text("\(ImageTask.reference($0)) \(Kind.action.done)\(change.suffix)") }
        let data: JSONValue = [
            "action": .string(Kind.action.rawValue), "tasks": .array(ids.map { .string($0) }), "dry_run": .string(change.dryRun.rawValue),
        ]
        return Document(
            [.lines(lines.isEmpty ? [Text("no task has failed", .faint)] : lines)], data: data, names: ids.map(ImageTask.reference))
    }
}
