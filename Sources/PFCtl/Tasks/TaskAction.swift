import PixelFlowClient
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

/// Applies one change to several tasks, one after the other, and continues if one of them fails.
struct TaskChanges: Sendable {
    let session: Session
    let api: ForwardedService
    let change: ChangeOptions

    func perform(_ action: TaskAction, on ids: [String]) async throws -> ExitStatus {
        var changed: [String] = []
        var worst = ExitStatus.ok
        for id in ids {
            do {
                try await perform(action, id)
                changed.append(id)
            } catch let failure as CommandError where failure.status == .failed {
                session.report(CommandError(.failed, "task/\(id): \(failure.message)", hint: failure.hint))
                worst = .failed
            } catch {
                // Report successful changes nevertheless.
                if !changed.isEmpty { session.print(document(action, changed)) }
                throw error
            }
        }
        if worst == .ok || !changed.isEmpty { session.print(document(action, changed)) }
        return worst
    }

    private func perform(_ action: TaskAction, _ id: String) async throws {
        if change.isClientOnly { return }
        // The api would delete a task with any status, but only failed ones are dead letters.
        if change.dryRun == .server || action == .purge, let obstacle = action.obstacle(try await api.call({ try await $0.task(id) })) {
            throw CommandError(.failed, obstacle)
        }
        if change.dryRun == .none { try await api.call { try await action.perform(on: id, $0) } }
    }

    private func document(_ action: TaskAction, _ ids: [String]) -> Document {
        let lines = ids.map { Text("task/\($0) \(action.done)\(change.suffix)") }
        let data: JSONValue = [
            "action": .string(action.rawValue), "tasks": .array(ids.map { .string($0) }), "dry_run": .string(change.dryRun.rawValue),
        ]
        return Document([.lines(lines.isEmpty ? [Text("no task has failed", .faint)] : lines)], data: data, names: ids.map { "task/\($0)" })
    }
}
