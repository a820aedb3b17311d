/// The access to batches that all roles share.
///
/// Every method of the ports in this file is atomic, sees only data of the given organisation, and throws `PixelFlowError`
/// with `retry == .outage` while the backend does not respond.
package protocol BatchLookup: Sendable {
    func batch(_ id: BatchID, of tenant: TenantID) async throws -> Batch?
    /// Replaces a batch durably if the revision of the stored one precedes that of the given one.
    func replace(_ batch: Batch) async throws -> Bool
    /// The number of tasks of a batch by status, without deleted ones; zero if the batch does not exist.
    func counts(of batch: BatchID, of tenant: TenantID) async throws -> BatchCounts
    /// The store's time.
    func batchTime() async throws -> Timestamp
}

/// The role of the owner of batches.
package protocol BatchOwnerStore: BatchLookup {
    /// Adds a batch durably; does nothing if its id exists.
    ///
    /// - Parameter limit: the number of batches of the organisation that may be open or closed, but not completed. Concurrent calls may
    ///   together exceed it a little.
    /// - Throws: `too_many_batches`.
    func add(_ batch: Batch, unfinished limit: Int) async throws
    /// Batches of an organisation, newest first.
    func batches(_ query: BatchQuery) async throws -> [Batch]
    /// Removes at most `limit` batches of an organisation, regardless of their tasks.
    ///
    /// - Returns: the number of removed batches.
    func removeBatches(of tenant: TenantID, limit: Int) async throws -> Int
}

extension BatchOwnerStore {
    /// Adds a batch durably, regardless of their number.
    package func add(_ batch: Batch) async throws { try await add(batch, unfinished: .max) }
}

extension BatchLookup {
    /// Closes a batch durably: afterwards, `TaskOwnerStore.create` adds no task to it. Returns nil if there is no such batch; closing it
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

/// The role of the process that closes abandoned batches, completes those whose tasks have finished, and removes empty ones. Any
/// number of processes may do so concurrently.
package protocol BatchWatchStore: BatchLookup, RestoreMark {
    /// Due batches of all organisations, longest due first.
    func dueBatches(limit: Int) async throws -> [Batch]
    /// The newest task of a batch that is not deleted.
    ///
    /// - Throws: `PixelFlowError` with `retry == .outage` if only a newer version can decode it.
    func newestTask(of batch: Batch) async throws -> TaskRecord?
    /// Whether a task of a batch is PENDING or PROCESSING. Correct for some moment during the call, even if tasks change between these
    /// states: once it is false for a closed batch, only a replay can make it true.
    func hasOpenTask(_ batch: Batch) async throws -> Bool
    /// Removes a batch with this revision.
    ///
    /// - Returns: whether it existed.
    func remove(_ batch: Batch) async throws -> Bool
}

/// A store of batches with all roles.
package typealias BatchStore = BatchOwnerStore & BatchWatchStore

/// Selects the batches of a list.
package struct BatchQuery: Sendable, Hashable {
    package var tenant: TenantID
    /// The maximum number of batches.
    package var limit: Int
    /// Only batches older than this one.
    package var before: BatchID?

    package init(tenant: TenantID, limit: Int = 50, before: BatchID? = nil) {
        self.tenant = tenant
        self.limit = limit
        self.before = before
    }
}
