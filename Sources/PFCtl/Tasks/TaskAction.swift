import KubernetesClient
import Terminal
import WireFormats

/// Something that is done to tasks.
enum TaskAction: String, Sendable {
    case cancel, replay, purge

    /// What follows a task's name once it is done.
    var done: String {
        switch self {
        case .cancel: "cancelled"
        case .replay: "replayed"
        case .purge: "purged"
        }
    }

    /// Why it cannot be done to a task; nil if it can.
    func obstacle(_ task: TaskSummary) -> String? {
        switch self {
        case .cancel: task.isFinal ? "it is already \(task.status)" : nil
        case .replay, .purge: task.status == TaskSummary.failed ? nil : "it is \(task.status), not FAILED"
        }
    }

    fileprivate func perform(on id: String, _ service: TaskService) async throws {
        switch self {
        case .cancel: try await service.cancel(id)
        case .replay: try await service.replay(id)
        case .purge: try await service.delete(id)
        }
    }
}

/// Applies one change to several tasks, one after the other, and continues if one of them fails.
struct TaskChanges: Sendable {
    let session: Session
    let service: TaskService
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
                // Changes that succeeded are reported nevertheless.
                if !changed.isEmpty { session.print(document(action, changed)) }
                throw error
            }
        }
        if worst == .ok || !changed.isEmpty { session.print(document(action, changed)) }
        return worst
    }

    private func perform(_ action: TaskAction, _ id: String) async throws {
        if change.isClientOnly { return }
        // The api would delete a task of any status; only failed ones are dead letters.
        if change.dryRun == .server || action == .purge, let obstacle = action.obstacle(try await service.task(id)) {
            throw CommandError(.failed, obstacle)
        }
        if change.dryRun == .none { try await action.perform(on: id, service) }
    }

    private func document(_ action: TaskAction, _ ids: [String]) -> Document {
        let lines = ids.map { Text("task/\($0) \(action.done)\(change.suffix)") }
        let data: JSONValue = [
            "action": .string(action.rawValue), "tasks": .array(ids.map { .string($0) }), "dry_run": .string(change.dryRun.rawValue),
        ]
        return Document([.lines(lines.isEmpty ? [Text("no task has failed", .faint)] : lines)], data: data, names: ids.map { "task/\($0)" })
    }
}
