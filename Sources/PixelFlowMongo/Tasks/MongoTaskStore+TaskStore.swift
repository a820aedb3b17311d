package import PixelFlowCore

extension MongoTaskStore: TaskStore {
    package func create(_ task: TaskRecord) async throws -> Creation {
        try await creations.submit(task)
    }

    // MARK: Worker

    package func claim(_ id: TaskID, by worker: WorkerID) async throws -> TaskRecord? {
        switch try await claims.submit(ClaimRequest(task: id, worker: worker)) {
        case .taken(let task): task
        case .refused: nil
        case .undecided: try await tasks.transition(id, .claim(worker: worker), write: { try await self.tasks.swap($0) })?.changed
        }
    }

    package func renew(_ claim: Claim) async throws -> Renewal {
        try await tasks.renew(claim)
    }

    package func complete(_ claim: Claim, with manifest: Manifest) async throws -> TaskRecord? {
        switch try await end(claim, .complete(claim, manifest), write: { try await self.completions.submit($0) }) {
        case .success(let task): task
        case .failure(let denial): denial.refusal == .alreadyCompleted ? denial.task : nil
        case nil: nil
        }
    }

    package func fail(_ claim: Claim, with failure: TaskFailure) async throws -> TaskRecord? {
        try await end(claim, .fail(claim, failure, jitter: .random(in: 0...1)), write: { try await self.tasks.swap($0) })?.changed
    }

    package func release(_ claim: Claim) async throws -> TaskRecord? {
        try await end(claim, .release(claim), write: { try await self.tasks.swap($0) })?.changed
    }

    /// A worker has the task that it has claimed in memory, so its run ends in one round trip.
    private func end(
        _ claim: Claim, _ transition: TaskTransition, write: (TaskSwap) async throws -> Bool
    ) async throws -> Result<TaskRecord, TransitionDenial>? {
        let outcome = try await tasks.transition(claim.task, known: tasks.cache.document(of: claim), transition, write: write)
        tasks.cache.remove(claim.task)
        return outcome
    }

    // MARK: Owner

    package func cancel(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? {
        switch try await tasks.transition(id, of: tenant, .cancel, write: { try await self.tasks.swap($0) }) {
        case .success(let task): return task
        case .failure(let denial) where denial.refusal == .unchanged: return denial.task
        case .failure(let denial):
            throw PixelFlowError(
                .conflict, code: "task_is_final", "The task is already \(denial.task.status.rawValue) and cannot be cancelled.")
        case nil: return nil
        }
    }

    package func replay(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? {
        switch try await tasks.transition(id, of: tenant, .replay, write: { try await self.tasks.swap($0) }) {
        case .success(let task): return task
        case .failure(let denial):
            throw PixelFlowError(
                .conflict, code: "task_not_failed", "The task is \(denial.task.status.rawValue); only FAILED tasks can be replayed.")
        case nil: return nil
        }
    }

    package func delete(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? {
        try await tasks.transition(id, of: tenant, .delete, write: { try await self.tasks.swap($0) })?.changed
    }

    // MARK: Dispatcher

    package func takeDue(limit: Int) async throws -> [TaskRecord] {
        try await tasks.transitionAll(.due, limit: limit, .dispatch) { tasks.agenda(.dispatch, at: ["$lte": .time($0)]) }
    }

    package func redeliverLost(publishedBefore time: Timestamp, limit: Int) async throws -> Int {
        try await tasks.transitionAll(.due, limit: limit, .redeliverLost(before: time)) { now in
            var filter = tasks.agenda(.dispatch, at: ["$gt": .time(now)])
            filter[TaskCommands.Name.acknowledgedAt] = ["$lte": .time(time)]
            return filter
        }.count
    }

    package func expireLeases(limit: Int) async throws -> [TaskRecord] {
        try await tasks.transitionAll(.expired, limit: limit, .expire) { tasks.agenda(.expire, at: ["$lte": .time($0)]) }
    }

    package func acknowledge(_ messages: [DispatchMessage]) async throws {
        try await tasks.acknowledge(messages)
    }

    package func acknowledge(events: [TaskID: Set<String>]) async throws {
        try await tasks.acknowledge(events: events)
    }

    package func purge(_ id: TaskID) async throws {
        try await tasks.delete(
            .purge, where: [TaskCommands.Name.id: .string(id.rawValue), TaskCommands.Name.deletedAt: ["$exists": true]])
    }

    package func check() async throws {
        try await tasks.ping()
    }
}

extension Result where Success == TaskRecord {
    fileprivate var changed: TaskRecord? { try? get() }
}
