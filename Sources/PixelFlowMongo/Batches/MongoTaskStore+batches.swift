package import PixelFlowCore

private typealias Name = BatchDocument.Name

extension MongoTaskStore: BatchOwnerStore {
    package func batchTime() async throws -> Timestamp { try await tasks.clock.read().likely }

    package func batch(_ id: BatchID, of tenant: TenantID) async throws -> Batch? {
        try await reading(for: tenant) { try await tasks.batch(id, of: tenant) }
    }

    package func add(_ batch: Batch, unfinished limit: Int) async throws {
        if limit < .max {
            let filter: BSONDocument = [Name.tenant: .string(batch.tenant.rawValue), Name.unfinished: true]
            let counted = try await tasks.aggregate(
                .batches, in: BatchDocument.collection,
                [["$match": .document(filter)], ["$limit": .int(limit)], ["$group": ["_id": .null, "count": ["$sum": 1]]]])
            guard counted.first?["count"]?.int ?? 0 < limit else { throw PixelFlowError.tooManyBatches(limit) }
        }
        try await tasks.insertNew(.batches, into: BatchDocument.collection, [try BatchDocument.document(of: batch)])
    }

    package func replace(_ batch: Batch) async throws -> Bool {
        let change: BSONDocument = ["$set": .document(try BatchDocument.state(of: batch))]
        let statement = BSONDocument.statement(where: BatchDocument.filter(batch, revision: batch.revision - 1), change)
        return try await tasks.update(.batches, in: BatchDocument.collection, [statement]) == 1
    }

    package func batches(_ query: BatchQuery) async throws -> [Batch] {
        var filter: BSONDocument = [Name.tenant: .string(query.tenant.rawValue)]
        filter[Name.id] = query.before.map { ["$lt": .string($0.rawValue)] }
        return try await reading(for: query.tenant) { [filter] in
            try await tasks.readable(.batch, limit: query.limit, BatchDocument.batch) {
                try await tasks.rows(.batches, in: BatchDocument.collection, where: filter, sort: [Name.id: -1], limit: $0)
            }
        }
    }

    /// Uses only the index, which does not contain deleted tasks.
    package func counts(of batch: BatchID, of tenant: TenantID) async throws -> BatchCounts {
        let status = TaskDocument.Name.status
        let rows = try await reading(for: tenant) {
            try await tasks.aggregate(
                .batches,
                [
                    ["$match": .document(TaskCommands.filter(inBatch: batch, of: tenant))],
                    ["$group": ["_id": .string("$\(status)"), "count": ["$sum": 1]]],
                ])
        }
        var counts: [TaskStatus: Int] = [:]
        for row in rows {
            if let status = row["_id"]?.string.flatMap(TaskStatus.init(rawValue:)) { counts[status] = row["count"]?.int }
        }
        return BatchCounts(counts)
    }

    package func removeBatches(of tenant: TenantID, limit: Int) async throws -> Int {
        try await tasks.deleteSome(.batches, in: BatchDocument.collection, where: [Name.tenant: .string(tenant.rawValue)], limit: limit)
    }
}

extension MongoTaskStore: BatchWatchStore {
    package func dueBatches(limit: Int) async throws -> [Batch] {
        let now = try await tasks.clock.read().earliest
        return try await tasks.scan(
            "batches", of: .batch, .batches, in: BatchDocument.collection, where: [Name.due: ["$lte": .time(now)]], by: Name.due,
            limit: limit, BatchDocument.batch)
    }

    package func newestTask(of batch: Batch) async throws -> TaskRecord? {
        var filter = TaskCommands.filter(inBatch: batch.id, of: batch.tenant)
        filter[TaskDocument.Name.status] = TaskDocument.anyStatus
        return try tasks.one(
            try await tasks.rows(.batches, where: filter, sort: [TaskDocument.Name.id: -1], limit: 1), TaskDocument.init)?.record
    }

    /// Uses the end time, which is absent from creation to the end of a task. An index on the status could miss a task that
    /// changes from PROCESSING to PENDING during the query.
    package func hasOpenTask(_ batch: Batch) async throws -> Bool {
        var filter = TaskCommands.filter(inBatch: batch.id, of: batch.tenant)
        filter[TaskDocument.Name.completedAt] = TaskDocument.absent
        return try await !tasks.rows(.batches, where: filter, limit: 1, fields: [TaskDocument.Name.id]).isEmpty
    }

    package func remove(_ batch: Batch) async throws -> Bool {
        try await tasks.delete(
            .batches, in: BatchDocument.collection, where: BatchDocument.filter(batch, revision: batch.revision))
    }
}

extension TaskCommands {
    func batch(_ id: BatchID, of tenant: TenantID) async throws -> Batch? {
        try one(
            try await rows(.batches, in: BatchDocument.collection, where: BatchDocument.filter(id, tenant), limit: 1), BatchDocument.batch)
    }

    static func filter(inBatch batch: BatchID, of tenant: TenantID) -> BSONDocument {
        [Name.tenant: .string(tenant.rawValue), Name.batch: .string(batch.rawValue)]
    }

    /// Requires that the batch of a task is open, after the task has been inserted. Anyone who closes the batch later
    /// searches for its open tasks after that, and finds this one. If the batch is already closed, the task is removed again.
    ///
    /// - Throws: `unknown_batch` or `batch_closed`.
    func requireOpenBatch(of task: TaskRecord) async throws {
        guard let id = task.batch else { return }
        let batch = try await batch(id, of: task.tenant)
        if batch?.state == .open { return }
        _ = try await transition(task.id, of: task.tenant, .delete)
        throw batch == nil ? PixelFlowError.unknownBatch(id.rawValue) : PixelFlowError.batchClosed(id)
    }
}
