import PixelFlowCore

extension BatchStoreConformance {
    static let tasks: [Case] = [
        Case("batches: a task keeps its batch from creation to deletion") { try await $0.tasksKeepTheirBatch() },
        Case("batches: no task is added to a closed or unknown batch, or to one of another organisation") {
            try await $0.onlyOpenOnesTakeTasks()
        },
        Case("batches: a repeated request finds its task even if the batch is closed") { try await $0.repeatedRequestsReceiveAResponse() },
        Case("batches: after closing, every added task is visible") { try await $0.closingIsSharp() },
        Case("batches: tasks are listed by batch, and by batch and status") { try await $0.listsByBatch() },
        Case("batches: tasks are counted by status, without deleted ones") { try await $0.countsByStatus() },
        Case("batches: a task is open until it has ended or is deleted, and again after a replay") { try await $0.openUntilTheEnd() },
        Case("batches: a task that is claimed and released is always open") { try await $0.openThroughoutChanges() },
        Case("batches: the newest task is found") { try await $0.findsTheNewest() },
    ]

    private func tasksKeepTheirBatch() async throws {
        let batch = try await add()
        let task = try await add(batch: batch.id)
        try requireEqual(task.batch, batch.id, "created")
        try requireEqual(try await reopen().find(task.id, of: Self.tenant)?.batch, batch.id, "opened anew")
        let claimed = try await claim(task)
        try requireEqual(claimed.batch, batch.id, "claimed")
        let deleted = try requireValue(try await owner.delete(task.id, of: Self.tenant), "not deleted")
        try requireEqual(deleted.batch, batch.id, "deleted")
        let listed = try await soon("the deletion") { try await dispatcher.deleted(limit: 10).first }
        try requireEqual(listed.batch, batch.id, "of those to be removed")
    }

    private func onlyOpenOnesTakeTasks() async throws {
        let (open, closed, other) = (try await add(), try await add(), try await add(of: Self.stranger))
        _ = try await batches.close(closed.id, of: Self.tenant)
        try await requireRefusal(.conflict, "a closed batch") { _ = try await owner.create(sample(batch: closed.id)) }
        for id in [BatchID.make(at: now), other.id] {
            try await requireRefusal(.invalid, "a batch that is not there") { _ = try await owner.create(sample(batch: id)) }
        }
        let task = try await add(batch: open.id)
        try requireEqual(try await owner.list(TaskQuery(tenant: Self.tenant)).tasks.map(\.id), [task.id], "tasks")
    }

    private func repeatedRequestsReceiveAResponse() async throws {
        let batch = try await add()
        let task = try await add(key: "order-1", batch: batch.id)
        _ = try await batches.close(batch.id, of: Self.tenant)
        let again = try await owner.create(sample(key: "order-1", batch: batch.id))
        try requireEqual(again, .existing(task), "repeated")
        try requireEqual(try await stored(task), task, "kept")
    }

    /// Of tasks that are created concurrently with closing, all added ones are visible afterwards.
    private func closingIsSharp() async throws {
        for round in 0..<5 {
            let (batch, owner, batches) = (try await add(), owner, batches)
            let samples = (0..<24).map { _ in sample(batch: batch.id) }
            async let seen: Set<TaskID> = {
                for _ in 0..<round * 3 { await Task.yield() }
                _ = try await batches.close(batch.id, of: Self.tenant)
                return Set(try await owner.list(TaskQuery(tenant: Self.tenant, batch: batch.id, limit: 100)).tasks.map(\.id))
            }()
            let added = try await racing(samples.count) { number -> TaskID? in
                do {
                    _ = try await owner.create(samples[number])
                    return samples[number].id
                } catch let error as PixelFlowError where error.code == "batch_closed" {
                    return nil
                }
            }
            let all = Set(added.compactMap(\.self))
            try require(try await all.isSubset(of: seen), "a task was added after the closing")
            try requireEqual(try await batches.counts(of: batch.id, of: Self.tenant).total, all.count, "tasks that stay")
        }
    }

    private func listsByBatch() async throws {
        let (batch, other) = (try await add(), try await add())
        let start = now - .seconds(10)
        var ids: [TaskID] = []
        for number in 0..<5 {
            ids.insert(try await add(at: start + .seconds(number), batch: batch.id).id, at: 0)
            _ = try await add(at: start + .seconds(number), batch: other.id)
            _ = try await add(at: start + .seconds(number))
        }
        _ = try await owner.cancel(ids[1], of: Self.tenant)
        var found: [TaskID] = []
        var query = TaskQuery(tenant: Self.tenant, batch: batch.id, limit: 2)
        repeat {
            let page = try await owner.list(query)
            found += page.tasks.map(\.id)
            query.before = page.next
        } while query.before != nil && found.count <= ids.count
        try requireEqual(found, ids, "of the batch")
        let cancelled = try await owner.list(TaskQuery(tenant: Self.tenant, status: .cancelled, batch: batch.id))
        try requireEqual(cancelled.tasks.map(\.id), [ids[1]], "cancelled ones of the batch")
    }

    private func countsByStatus() async throws {
        let batch = try await add()
        try requireEqual(try await batches.counts(of: batch.id, of: Self.tenant), BatchCounts(), "empty")
        _ = try await add(batch: batch.id)
        _ = try await claim(try await add(batch: batch.id))
        for _ in 0..<2 { try await complete(try await add(batch: batch.id)) }
        try await fail(try await add(batch: batch.id))
        for _ in 0..<2 { _ = try await owner.cancel(try await add(batch: batch.id).id, of: Self.tenant) }
        for task in [try await add(batch: batch.id), try await complete(try await add(batch: batch.id))] {
            _ = try await owner.delete(task.id, of: Self.tenant)
        }
        _ = try await add()
        let counts = try await batches.counts(of: batch.id, of: Self.tenant)
        try requireEqual(
            counts, BatchCounts([.pending: 1, .processing: 1, .completed: 2, .failed: 1, .cancelled: 2]), "counts")
        try requireEqual(counts.total, 7, "total")
    }

    private func openUntilTheEnd() async throws {
        let (batch, owner) = (try await add(), owner)
        func requireOpen(_ isOpen: Bool, _ what: String) async throws {
            try requireEqual(try await batches.hasOpenTask(batch), isOpen, what)
        }
        try await requireOpen(false, "empty")
        let task = try await add(batch: batch.id)
        try await requireOpen(true, "pending")
        let claimed = try await claim(task)
        try await requireOpen(true, "processing")
        _ = try await worker.fail(claimed.claim, with: failure(.transient))
        try await requireOpen(true, "waiting for a retry")
        pass(policy.retryDelay(failures: 9, jitter: 1))
        try await fail(task)
        try await requireOpen(false, "failed")
        _ = try await owner.replay(task.id, of: Self.tenant)
        try await requireOpen(true, "replayed")
        _ = try await owner.cancel(task.id, of: Self.tenant)
        try await requireOpen(false, "cancelled")
        _ = try await owner.delete(try await add(batch: batch.id).id, of: Self.tenant)
        try await requireOpen(false, "deleted")
        try await complete(try await add(batch: batch.id))
        try await requireOpen(false, "completed")
    }

    private func openThroughoutChanges() async throws {
        let (batch, batches) = (try await add(), batches)
        let task = try await add(batch: batch.id)
        async let vanished: Int = {
            var vanished = 0
            for _ in 0..<60 where try await !batches.hasOpenTask(batch) { vanished += 1 }
            return vanished
        }()
        for _ in 0..<15 {
            let claimed = try await claim(task)
            _ = try await worker.release(claimed.claim)
        }
        try requireEqual(try await vanished, 0, "looks that missed the task")
    }

    private func findsTheNewest() async throws {
        let batch = try await add()
        try requireEqual(try await batches.newestTask(of: batch)?.id, nil, "empty")
        let start = now - .seconds(10)
        let first = try await add(at: start, batch: batch.id)
        let second = try await add(at: start + .seconds(1), batch: batch.id)
        _ = try await owner.cancel(second.id, of: Self.tenant)
        try requireEqual(try await batches.newestTask(of: batch)?.id, second.id, "newest")
        _ = try await owner.delete(second.id, of: Self.tenant)
        try requireEqual(try await batches.newestTask(of: batch)?.id, first.id, "newest that is left")
    }

    @discardableResult
    private func complete(_ task: TaskRecord) async throws -> TaskRecord {
        let claimed = try await claim(task)
        return try requireValue(try await worker.complete(claimed.claim, with: manifest(of: claimed)), "not completed")
    }

    private func fail(_ task: TaskRecord) async throws {
        let claimed = try await claim(task)
        _ = try requireValue(try await worker.fail(claimed.claim, with: failure(.permanent)), "not failed")
    }
}
