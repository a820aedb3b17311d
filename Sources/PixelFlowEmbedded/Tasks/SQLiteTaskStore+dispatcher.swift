import Foundation
import GRDB
package import PixelFlowCore

extension SQLiteTaskStore: TaskDispatchStore {
    package func takeDue(limit: Int) async throws -> [TaskRecord] {
        try await transitionAll(
            "dispatch", limit: limit, where: "status = 'PENDING' AND deleted_at IS NULL AND held = 0 AND dispatch_due <= ?",
            by: "dispatch_due", .dispatch)
    }

    package func acknowledge(_ messages: [DispatchMessage]) async throws {
        try await write(.process) { tasks in
            for message in messages {
                try tasks.applyIfPossible(
                    .acknowledgeDispatch(sequence: message.sequence), to: message.task, by: self)
            }
        }
    }

    package func redeliverLost(publishedBefore time: Timestamp, limit: Int) async throws -> Int {
        let sql = "SELECT id FROM task WHERE status = 'PENDING' AND deleted_at IS NULL AND dispatch_due > ? ORDER BY dispatch_due"
        return try await write(.process) { tasks in
            var count = 0
            for id in try tasks.ids(sql, [self.now.microseconds]) where count < limit {
                if try tasks.applyIfPossible(.redeliverLost(before: time), to: id, by: self) { count += 1 }
            }
            return count
        }
    }

    package func expireLeases(limit: Int) async throws -> [TaskRecord] {
        try await transitionAll(
            "expire", limit: limit, where: "status = 'PROCESSING' AND deleted_at IS NULL AND lease_until <= ?", by: "lease_until", .expire)
    }

    package func unpublished(olderThan age: Duration, after position: TimelinePosition, limit: Int) async throws -> [TaskRecord] {
        try await documents(
            "unpublished", limit: limit, where: "outbox_since <= ?", [(now - age).microseconds], by: "outbox_since", after: position)
    }

    package func acknowledge(events: [TaskID: Set<String>]) async throws {
        try await write(.process) { tasks in
            for (id, events) in events {
                guard var task = try tasks.readable(id, self.unreadable),
                    (try? self.machine.apply(.acknowledgeEvents(events), to: &task, at: self.tick())) != nil
                else { continue }
                if task.outbox.isEmpty { try tasks.clearOutbox(of: task) } else { try tasks.update(task) }
            }
        }
    }

    package func deleted(after position: TimelinePosition, limit: Int) async throws -> [TaskRecord] {
        try await documents("deleted", limit: limit, where: "deleted_at IS NOT NULL", [], by: "deleted_at", after: position)
    }

    package func purge(_ id: TaskID) async throws -> Bool {
        try await write(.process) { tasks in
            guard let task = try tasks.task(id), task.deletedAt != nil else { return true }
            guard task.outbox.isEmpty else { return false }
            try tasks.remove(id)
            return true
        }
    }

    package func known(_ ids: [TaskID]) async throws -> Set<TaskID> {
        let names = ids.map(\.rawValue)
        return try await read { database in
            let marks = names.map { _ in "?" }.joined(separator: ",")
            let found = try String.fetchAll(
                database, sql: "SELECT id FROM task WHERE id IN (\(marks))", arguments: StatementArguments(names))
            return Set(found.map { TaskID($0) })
        }
    }
}

extension SQLiteTaskStore {
    /// Reclaims everything that an earlier run of this process had claimed, without waiting for leases to expire
    /// or for dispatch messages to count as lost: the in-process broker has lost all of them, and
    /// the lock on the data folder proves that no other process is running.
    package func recoverAfterRestart() async throws {
        try await write(.machine) { tasks in
            for id in try tasks.ids("SELECT id FROM task WHERE status = 'PROCESSING' AND deleted_at IS NULL", []) {
                try tasks.applyIfPossible(.reclaim, to: id, by: self)
            }
            let now = self.tick()
            for id in try tasks.ids("SELECT id FROM task WHERE status = 'PENDING' AND held = 0 AND deleted_at IS NULL", []) {
                guard var task = try tasks.readable(id, self.unreadable), task.dispatch.due > now, !task.dispatch.isHeld else { continue }
                task.dispatch.due = max(now, task.nextRunAt)
                try tasks.update(task)
            }
        }
        try await releaseDeliveries()
    }
}

extension TaskTransaction {
    /// Applies a transition if it is allowed and the task can be decoded; otherwise does nothing.
    @discardableResult fileprivate func applyIfPossible(
        _ transition: TaskTransition, to id: TaskID, by store: SQLiteTaskStore
    ) throws -> Bool {
        guard var task = try readable(id, store.unreadable), (try? store.machine.apply(transition, to: &task, at: store.tick())) != nil
        else { return false }
        try update(task)
        return true
    }
}
