/// What all who deal with batches do with one.
///
/// Every method of the ports in this file is atomic, sees what belongs to the given organisation alone, and throws `PixelFlowError`
/// with `retry == .outage` while the backend does not answer.
package protocol BatchLookup: Sendable {
    func batch(_ id: BatchID, of tenant: TenantID) async throws -> Batch?
    /// Replaces a batch, durably, if the stored one has the revision before the given one's.
    func replace(_ batch: Batch) async throws -> Bool
    /// The tasks of a batch by their status, deleted ones left out; none for a batch that is not there.
    func counts(of batch: BatchID, of tenant: TenantID) async throws -> BatchCounts
    /// The store's time.
    func batchTime() async throws -> Timestamp
}

/// The owner's side of the batches.
package protocol BatchOwnerStore: BatchLookup {
    /// Adds a batch, durably; does nothing if there is one of this id.
    func add(_ batch: Batch) async throws
    /// Batches of an organisation, newest first.
    func batches(_ query: BatchQuery) async throws -> [Batch]
    /// Removes batches of an organisation, at most `limit`; their tasks are not looked at.
    ///
    /// - Returns: how many.
    func removeBatches(of tenant: TenantID, limit: Int) async throws -> Int
}

extension BatchLookup {
    /// Closes a batch, durably: `TaskOwnerStore.create` adds no task to it afterwards. Returns nil if there is no such batch; closing it
    /// again changes nothing.
    package func close(_ id: BatchID, of tenant: TenantID) async throws -> Batch? {
        while var batch = try await batch(id, of: tenant) {
            guard batch.close(at: try await batchTime()) else { return batch }
            if try await replace(batch) { return batch }
            try Task.checkCancellation()
        }
        return nil
    }
}

/// The side of those who close batches that nobody adds to, complete those whose tasks have ended, and remove empty ones. Any number of
/// processes may do so at once.
package protocol BatchWatchStore: BatchLookup, RestoreMark {
    /// Batches of all organisations that are due, the longest due first.
    func dueBatches(limit: Int) async throws -> [Batch]
    /// The newest task of a batch that is not deleted.
    ///
    /// - Throws: `PixelFlowError` with `retry == .outage` for one that only a newer version can read.
    func newestTask(of batch: Batch) async throws -> TaskRecord?
    /// Whether a task of a batch is PENDING or PROCESSING. Exact at some moment of the call, however often the tasks change between the
    /// two: once it is false for a closed batch, only a replay can make it true.
    func hasOpenTask(_ batch: Batch) async throws -> Bool
    /// Removes a batch of this revision.
    ///
    /// - Returns: whether it was there.
    func remove(_ batch: Batch) async throws -> Bool
}

/// A store of batches in all its roles.
package typealias BatchStore = BatchOwnerStore & BatchWatchStore

/// Which batches to list.
package struct BatchQuery: Sendable, Hashable {
    package var tenant: TenantID
    /// At most this many.
    package var limit: Int
    /// Only batches older than this one.
    package var before: BatchID?

    package init(tenant: TenantID, limit: Int = 50, before: BatchID? = nil) {
        self.tenant = tenant
        self.limit = limit
        self.before = before
    }
}
