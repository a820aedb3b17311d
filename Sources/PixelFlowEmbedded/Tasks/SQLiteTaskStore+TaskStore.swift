import Foundation
import GRDB
package import PixelFlowCore

extension SQLiteTaskStore: TaskStore {
    package func create(_ task: TaskRecord) async throws -> Creation {
        try await write(.machine) { tasks in
            if let key = task.idempotencyKey, let existing = try tasks.ids(Self.byIdempotencyKey, [task.tenant.rawValue, key]).first,
                let record = try tasks.task(existing)
            {
                return .existing(record)
            }
            let admitted = self.machine.admit(task, at: self.tick())
            try tasks.insert(admitted)
            return .created(admitted)
        }
    }

    // MARK: Worker

    package func claim(_ id: TaskID, by worker: WorkerID) async throws -> TaskRecord? {
        try await transition(id, .process, .claim(worker: worker))?.changed
    }

    package func renew(_ claim: Claim) async throws -> Renewal {
        switch try await transition(claim.task, .process, .renew(claim)) {
        case .success: .extended
        case .failure(let denial) where denial.refusal == .cancelRequested: .cancelRequested
        case .failure, nil: .lost
        }
    }

    package func complete(_ claim: Claim, with manifest: Manifest) async throws -> TaskRecord? {
        switch try await transition(claim.task, .machine, .complete(claim, manifest)) {
        case .success(let task): task
        case .failure(let denial): denial.refusal == .alreadyCompleted ? denial.task : nil
        case nil: nil
        }
    }

    package func fail(_ claim: Claim, with failure: TaskFailure) async throws -> TaskRecord? {
        try await transition(claim.task, .machine, .fail(claim, failure, jitter: .random(in: 0...1)))?.changed
    }

    package func release(_ claim: Claim) async throws -> TaskRecord? {
        try await transition(claim.task, .process, .release(claim))?.changed
    }

    // MARK: Owner

    package func cancel(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? {
        switch try await transition(id, of: tenant, .machine, .cancel) {
        case .success(let task): return task
        case .failure(let denial) where denial.refusal == .unchanged: return denial.task
        case .failure(let denial):
            throw PixelFlowError(
                .conflict, code: "task_is_final", "The task is already \(denial.task.status.rawValue) and cannot be cancelled.")
        case nil: return nil
        }
    }

    package func replay(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? {
        switch try await transition(id, of: tenant, .machine, .replay) {
        case .success(let task): return task
        case .failure(let denial):
            throw PixelFlowError(
                .conflict, code: "task_not_failed", "The task is \(denial.task.status.rawValue); only FAILED tasks can be replayed.")
        case nil: return nil
        }
    }

    package func delete(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? {
        try await transition(id, of: tenant, .machine, .delete)?.changed
    }

    // MARK: Dispatcher

    package func takeDue(limit: Int) async throws -> [TaskRecord] {
        try await transitionAll(
            limit: limit,
            where: "status = 'PENDING' AND deleted_at IS NULL AND dispatch_due <= ? ORDER BY dispatch_due", .dispatch)
    }

    package func redeliverLost(publishedBefore time: Timestamp, limit: Int) async throws -> Int {
        let sql = "SELECT id FROM task WHERE status = 'PENDING' AND deleted_at IS NULL AND dispatch_due > ? ORDER BY dispatch_due"
        return try await write(.process) { tasks in
            var count = 0
            for id in try tasks.ids(sql, [self.now.microseconds]) where count < limit {
                if try tasks.applyIfPossible(.redeliverLost(before: time), to: id, by: self.machine, at: self.tick()) { count += 1 }
            }
            return count
        }
    }

    package func expireLeases(limit: Int) async throws -> [TaskRecord] {
        try await transitionAll(
            limit: limit,
            where: "status = 'PROCESSING' AND deleted_at IS NULL AND lease_until <= ? ORDER BY lease_until", .expire)
    }

    package func acknowledge(_ messages: [DispatchMessage]) async throws {
        try await write(.process) { tasks in
            for message in messages {
                try tasks.applyIfPossible(
                    .acknowledgeDispatch(sequence: message.sequence), to: message.task, by: self.machine, at: self.tick())
            }
        }
    }

    package func acknowledge(events: [TaskID: Set<String>]) async throws {
        try await write(.process) { tasks in
            for (id, events) in events {
                guard var task = try tasks.task(id),
                    (try? self.machine.apply(.acknowledgeEvents(events), to: &task, at: self.tick())) != nil
                else { continue }
                if task.outbox.isEmpty { try tasks.clearOutbox(of: task) } else { try tasks.update(task) }
            }
        }
    }

    package func purge(_ id: TaskID) async throws {
        try await write(.process) { tasks in
            guard try tasks.task(id)?.deletedAt != nil else { return }
            try tasks.remove(id)
        }
    }

    /// Takes back everything that another run of this process left behind, without waiting for leases
    /// or for the trust in dispatch messages to run out: the in-process broker has forgotten them all, and
    /// the lock on the data folder says that no one else is at work.
    package func recoverAfterRestart() async throws {
        try await write(.machine) { tasks in
            for id in try tasks.ids("SELECT id FROM task WHERE status = 'PROCESSING' AND deleted_at IS NULL", []) {
                try tasks.applyIfPossible(.reclaim, to: id, by: self.machine, at: self.tick())
            }
            let now = self.tick()
            for id in try tasks.ids("SELECT id FROM task WHERE status = 'PENDING' AND deleted_at IS NULL", []) {
                guard var task = try tasks.task(id), task.dispatch.due > now else { continue }
                task.dispatch.due = max(now, task.nextRunAt)
                try tasks.update(task)
            }
        }
    }
}

extension Result where Success == TaskRecord {
    fileprivate var changed: TaskRecord? { try? get() }
}

extension TaskTransaction {
    /// Applies a transition if it is allowed, and ignores it otherwise.
    @discardableResult fileprivate func applyIfPossible(
        _ transition: TaskTransition, to id: TaskID, by machine: TaskStateMachine, at now: Timestamp
    ) throws -> Bool {
        guard var task = try task(id), (try? machine.apply(transition, to: &task, at: now)) != nil else { return false }
        try update(task)
        return true
    }
}
