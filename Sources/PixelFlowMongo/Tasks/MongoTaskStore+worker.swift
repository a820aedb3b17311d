package import PixelFlowCore

extension MongoTaskStore: TaskWorkerStore {
    private typealias Name = TaskDocument.Name

    package func waiting(longerThan age: Duration, in lanes: Set<Lane>, limit: Int) async throws -> [TaskID] {
        let now = try await tasks.clock.read().earliest
        let start = BSONValue.time(now - age)
        let sent: BSONDocument = [
            Name.sentLane: TaskDocument.rank(of: lanes), Name.nextRunAt: ["$lte": start], Name.cancelRequested: false,
        ]
        let held: BSONDocument = [
            Name.heldLane: TaskDocument.rank(of: lanes), Name.nextRunAt: ["$lte": start], Name.cancelRequested: false,
        ]
        var withoutLane = TaskDocument.withoutLane
        withoutLane[Name.nextRunAt] = ["$lte": start]
        withoutLane[Name.cancelRequested] = false
        let queries = lanes.contains(.normal) ? [sent, held, withoutLane] : [sent, held]
        // In most cases nothing waits, which takes a single query.
        let any: BSONDocument = ["$or": .array(queries.map(BSONValue.document))]
        guard try await !tasks.rows(.waiting, where: any, limit: 1, fields: [Name.id]).isEmpty else { return [] }
        var found = try await ids(where: sent, sort: [Name.sentLane: 1, Name.nextRunAt: 1], limit: limit)
        if lanes.contains(.normal), found.count < limit {
            found += try await ids(where: withoutLane, sort: [Name.nextStepAt: 1], limit: limit - found.count)
        }
        if !found.isEmpty { return found }
        // A dispatcher is active if a ready task of any lane is at the broker.
        let turning: BSONDocument = [Name.sentLane: TaskDocument.anyLane, Name.nextRunAt: ["$lte": .time(now)]]
        guard try await ids(where: turning, limit: 1).isEmpty else { return [] }
        return try await ids(where: held, sort: [Name.heldLane: 1, Name.tenant: 1, Name.nextRunAt: 1], limit: limit)
    }

    private func ids(where filter: BSONDocument, sort: BSONDocument? = nil, limit: Int) async throws -> [TaskID] {
        try await tasks.rows(.waiting, where: filter, sort: sort, limit: limit, fields: [Name.id]).compactMap { $0[Name.id]?.string }
            .map { TaskID($0) }
    }

    package func claim(_ id: TaskID, by worker: WorkerID) async throws -> TaskRecord? {
        switch try await claims.submit(ClaimRequest(task: id, worker: worker)) {
        case .taken(let task): task
        case .refused: nil
        case .undecided: try await tasks.transition(id, .claim(worker: worker)).changed
        }
    }

    package func renew(_ claim: Claim) async throws -> Renewal {
        try await tasks.renew(claim)
    }

    package func complete(_ claim: Claim, with manifest: Manifest) async throws -> TaskRecord? {
        try await end(claim, .complete(claim, manifest), write: { try await self.completions.submit($0) }).completed
    }

    package func fail(_ claim: Claim, with failure: TaskFailure) async throws -> TaskRecord? {
        try await end(claim, .fail(claim, failure, jitter: .random(in: 0...1))).changed
    }

    package func release(_ claim: Claim) async throws -> TaskRecord? {
        try await end(claim, .release(claim)).changed
    }

    /// A worker has its claimed task in memory, so it can end the run in one round trip.
    private func end(
        _ claim: Claim, _ transition: TaskTransition, write: ((TaskSwap) async throws -> Bool)? = nil
    ) async throws -> TransitionOutcome {
        let outcome = try await tasks.transition(claim.task, known: tasks.cache.document(of: claim), transition, write: write)
        tasks.cache.remove(claim.task)
        return outcome
    }
}
