import PixelFlowCore

/// Commands shared by many callers.
extension TaskCommands {
    /// How often to try a task whose key conflicts with one that a majority has not confirmed yet.
    private static let offers = 20
    private static let offerPause = Duration.milliseconds(10)

    func create(_ tasks: [TaskRecord]) async throws -> [Result<Creation, any Error>] {
        try await changing(tasks.count) { reading, ticks in
            let documents = zip(tasks, ticks).map { task, tick in
                var admitted = machine.admit(task, at: tick)
                // The earliest time, so that on no replica's clock an immediate claim is too early.
                admitted.nextRunAt = reading.earliest
                return TaskDocument(record: admitted, version: TaskDocument.drawVersion())
            }
            var outcomes = documents.map { Result<Creation, any Error>.success(.created($0.record)) }
            for error in try await insert(documents).writeErrors where documents.indices.contains(error.index) {
                outcomes[error.index] = await resolve(documents[error.index], after: error.code, error.failure)
            }
            return outcomes
        }
    }

    /// Creates as many of the tasks of a tenant as its quota allows.
    func create(_ tasks: [TaskRecord], withinQuotaOf tenant: TenantID) async throws -> [Result<Creation, any Error>] {
        let wishes = tasks.map { Wish(task: $0.id, consumption: Consumption(creating: $0)) }
        let (created, refusals) = try await admitting(wishes, of: tenant) { admitted in
            let tasks = tasks.filter { admitted.contains($0.id) }
            return tasks.isEmpty ? [] : Array(zip(tasks.map(\.id), try await create(tasks)))
        }
        var outcomes = Dictionary(created) { first, _ in first }
        for task in tasks {
            if let refusal = refusals[task.id] { outcomes[task.id] = await earlier(task, unless: refusal) }
        }
        return tasks.map { outcomes[$0.id] ?? .failure(CancellationError()) }
    }

    /// The task that was created with the idempotency key of a rejected one, because a repeated request must get its result.
    private func earlier(_ task: TaskRecord, unless refusal: PixelFlowError) async -> Result<Creation, any Error> {
        do {
            guard let key = task.idempotencyKey, let found = try await find(idempotencyKey: key, of: task.tenant) else {
                return .failure(refusal)
            }
            return .success(.existing(found.record))
        } catch {
            return .failure(error)
        }
    }

    /// The result for a task that was not inserted.
    private func resolve(_ document: TaskDocument, after code: Int, _ failure: MongoError) async -> Result<Creation, any Error> {
        do {
            guard code == BSONDocument.duplicateKey else { throw PixelFlowError.unavailable(MongoDatabase.backend, cause: failure) }
            for _ in 0..<Self.offers {
                if let there = try await occupant(of: document) { return .success(there) }
                // Deleted in the meantime, or not confirmed yet.
                try await Task.sleep(for: Self.offerPause)
                if try await insert([document]).writeErrors.isEmpty { return .success(.created(document.record)) }
            }
            throw PixelFlowError.unavailable(MongoDatabase.backend, cause: failure)
        } catch {
            return .failure(error)
        }
    }

    /// The task that conflicts with `document`; the same task if an earlier response was lost.
    private func occupant(of document: TaskDocument) async throws -> Creation? {
        let task = document.record
        if let key = task.idempotencyKey, let found = try await find(idempotencyKey: key, of: task.tenant) {
            return found.record.id == task.id ? .created(found.record) : .existing(found.record)
        }
        guard let found = try await self.document(task.id, of: task.tenant) else { return nil }
        return found.record.deletedAt == nil ? .created(found.record) : .existing(found.record)
    }

    func find(idempotencyKey key: String, of tenant: TenantID) async throws -> TaskDocument? {
        let filter: BSONDocument = [Name.tenant: .string(tenant.rawValue), Name.idempotencyKey: .string(key)]
        return try one(try await rows(.find, where: filter, limit: 1), TaskDocument.init)
    }

    /// Applies the rule of `TaskStateMachine.claim` as a conditional update, followed by a read that shows whose claim succeeded.
    ///
    /// The read is decisive, not the count of the update: if an update is repeated after its response was lost,
    /// it matches nothing the second time. (`findAndModify` for each task would return both, but would
    /// take a round trip and a sync for each.)
    func claim(_ requests: [ClaimRequest]) async throws -> [Result<ClaimOutcome, any Error>] {
        try await changing(requests.count) { reading, ticks in
            let versions = requests.map { _ in TaskDocument.drawVersion() }
            let statements = requests.indices.map { index in
                BSONDocument.statement(
                    where: claimable(requests[index].task, reading, ticks[index]),
                    claimed(by: requests[index].worker, reading, ticks[index], versions[index]))
            }
            try await update(.claim, statements)
            let filter: BSONDocument = [
                Name.id: ["$in": .array(requests.map { .string($0.task.rawValue) })], Name.status: TaskDocument.present,
            ]
            var found: [TaskID: (document: TaskDocument, claim: Int64?)] = [:]
            var unreadableClaims: [BSONDocument] = []
            for row in try await rows(.confirm, where: filter, limit: requests.count) {
                if let document = unreadable.value(of: .task, { try TaskDocument(row) }) {
                    found[document.record.id] = (document, row[Name.claim]?.int64)
                } else if row[Name.claim]?.int64.map(versions.contains) ?? false {
                    unreadableClaims.append(row)
                }
            }
            // If that fails, the lease of such a task expires. The claims of the others are in effect.
            try? await undo(unreadableClaims)
            return requests.indices.map { index in
                guard let (document, claim) = found[requests[index].task] else { return .success(.refused) }
                if claim == versions[index] {
                    cache.put(document)
                    return .success(.taken(document.record))
                }
                var record = document.record
                let now = max(reading.latest, ticks[index])
                let isClaimable = (try? machine.apply(.claim(worker: requests[index].worker), to: &record, at: now)) != nil
                return .success(isClaimable ? .undecided : .refused)
            }
        }
    }

    /// The server can apply a claim without reading the task first if the history has space for its entry
    /// and if the claim is the latest change.
    private func claimable(_ task: TaskID, _ reading: ClockReading, _ tick: Timestamp) -> BSONDocument {
        [
            Name.id: .string(task.rawValue), Name.status: .string(TaskStatus.pending.rawValue),
            Name.nextRunAt: ["$lte": .time(max(reading.latest, tick))], Name.cancelRequested: false,
            Name.deletedAt: TaskDocument.notDeleted, Name.updatedAt: ["$lt": .time(tick)], Name.lastHistoryEntry: TaskDocument.absent,
        ]
    }

    private func claimed(by worker: WorkerID, _ reading: ClockReading, _ tick: Timestamp, _ version: Int64) -> BSONDocument {
        let lease = Lease(worker: worker, until: reading.latest + machine.policy.leaseDuration)
        let status = BSONValue.string(TaskStatus.processing.rawValue)
        return [
            "$set": [
                Name.status: status, Name.lease: TaskDocument.lease(lease),
                Name.nextStep: TaskDocument.nextStep(.expire, at: lease.until), Name.startedAt: .time(tick), Name.updatedAt: .time(tick),
                Name.version: .int(version), Name.claim: .int(version),
            ],
            "$unset": [Name.isHeld: 1],
            "$inc": [Name.epoch: 1, Name.attempts: 1, Name.revision: 1],
            "$push": [
                Name.history: [
                    "at": .time(tick), "status": status, "reason": "claimed", "worker": .string(worker.rawValue),
                ]
            ],
        ]
    }

    /// Returns claims of tasks that only a newer version can read, as long as they are unchanged. No run belongs to them, so they
    /// count neither as attempts nor as losses, and the epoch can be used again.
    ///
    /// Such a task becomes due again only after the duration of a lease; otherwise, workers of this version would claim it repeatedly. Then
    /// a dispatcher that can read it publishes it again.
    private func undo(_ claims: [BSONDocument]) async throws {
        guard !claims.isEmpty else { return }
        try await changing(claims.count) { reading, ticks in
            let due = reading.latest + machine.policy.leaseDuration
            try await update(
                .claim,
                zip(claims, ticks).map { row, tick in
                    var filter: BSONDocument = [Name.status: .string(TaskStatus.processing.rawValue)]
                    for name in [Name.id, Name.version, Name.claim] { filter[name] = row[name] }
                    return .statement(
                        where: filter,
                        [
                            "$set": [
                                Name.status: .string(TaskStatus.pending.rawValue), Name.nextRunAt: .time(due), Name.dispatchDue: .time(due),
                                Name.acknowledged: 0,
                                Name.nextStep: TaskDocument.dispatchStep(at: due, lane: TaskDocument.lane(row[Name.lane])),
                                Name.updatedAt: .time(tick), Name.version: .int(TaskDocument.drawVersion()),
                            ],
                            "$unset": [Name.lease: 1, Name.claim: 1, Name.startedAt: 1, Name.acknowledgedAt: 1],
                            "$inc": [Name.epoch: -1, Name.attempts: -1, Name.revision: 1, Name.dispatchSequence: 1],
                            "$pop": [Name.history: 1],
                        ])
                })
        }
    }

    func complete(_ swaps: [TaskSwap]) async throws -> [Result<Bool, any Error>] {
        try await swap(all: swaps, .complete).map { .success($0) }
    }
}
