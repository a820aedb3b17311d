package import PixelFlowCore

extension MongoTaskStore: TaskWorkerStore {
    private typealias Name = TaskDocument.Name

    package func waiting(longerThan age: Duration, in lanes: Set<Lane>, limit: Int) async throws -> [TaskID] {
        let now = try await tasks.clock.read().earliest
        var filter = tasks.agenda(.dispatch, at: ["$gt": 0])
        filter[Name.nextRunAt] = ["$lte": .time(now - age)]
        filter[Name.cancelRequested] = false
        let fields = [Name.id, Name.nextRunAt, Name.nextStep]
        let found = try await tasks.rows(.waiting, where: filter, sort: [Name.nextStepAt: 1], limit: limit, fields: fields)
        // In most cases nothing waits, which takes a single query.
        guard !found.isEmpty else { return [] }
        var sent = filter
        sent[Name.sentLane] = Self.any(of: lanes)
        sent[Name.nextRunAt] = ["$lte": .time(now)]
        let inBroker = try await tasks.rows(
            .waiting, where: sent, sort: [Name.sentLane: 1, Name.nextRunAt: 1], limit: limit, fields: fields)
        // Documents from before there were lanes are in the normal lane.
        let others = found.filter {
            lanes.contains(.normal) && $0[Name.nextStep]?.document?["sent"] == nil && $0[Name.nextStep]?.document?["held"] == nil
        }
        var chosen = inBroker.filter { ($0[Name.nextRunAt]?.int64 ?? .max) <= (now - age).microseconds } + others
        if inBroker.isEmpty, chosen.count < limit, try await !isTurning(sent, besides: lanes) {
            var held = filter
            held[Name.heldLane] = Self.any(of: lanes)
            chosen += try await tasks.rows(
                .waiting, where: held, sort: [Name.heldLane: 1, Name.tenant: 1, Name.nextRunAt: 1], limit: limit - chosen.count,
                fields: fields)
        }
        return chosen.prefix(limit).compactMap { $0[Name.id]?.string }.map { TaskID($0) }
    }

    /// Whether a dispatcher is active: it is if a ready task of another lane is at the broker.
    private func isTurning(_ sent: BSONDocument, besides lanes: Set<Lane>) async throws -> Bool {
        guard lanes.count < Lane.allCases.count else { return false }
        var others = sent
        others[Name.sentLane] = Self.any(of: Set(Lane.allCases).subtracting(lanes))
        return try await !tasks.rows(.waiting, where: others, limit: 1, fields: [Name.id]).isEmpty
    }

    private static func any(of lanes: Set<Lane>) -> BSONValue { ["$in": .array(lanes.map(\.rank).sorted().map { .int($0) })] }

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
