package import PixelFlowCore

/// The rules of `BatchStore`, checked only through the ports.
package struct BatchStoreConformance: TaskStoreSuite {
    let fixture: TaskStoreFixture
    let batches: any BatchStore

    /// - Parameter batches: the store of the fixture.
    package init(_ fixture: TaskStoreFixture, batches: any BatchStore) {
        self.fixture = fixture
        self.batches = batches
    }

    /// All rules.
    package static let cases: [ConformanceCase<BatchStoreConformance>] = documents + tasks

    private static let documents: [Case] = [
        Case("batches: a batch is added once, and replaced only by its next revision") { try await $0.revisionsFollowEachOther() },
        Case("batches: closing again changes nothing") { try await $0.closingIsIdempotent() },
        Case("batches: those of two organisations are separate") { try await $0.organisationsDoNotMeet() },
        Case("batches: listed newest first, in pages of any size") { try await $0.pagesAreTheSame() },
        Case("batches: due ones are returned longest due first, without postponed ones") { try await $0.dueComeInOrder() },
        Case("batches: a batch is removed only if it is unchanged") { try await $0.removalIsByRevision() },
        Case("batches: those that are not completed are bounded") { try await $0.unfinishedAreBounded() },
        Case("batches: only those of an organisation are removed") { try await $0.organisationsAreRemoved() },
    ]

    func add(_ description: String = "Füße", of tenant: TenantID = Self.tenant, at time: Timestamp? = nil) async throws -> Batch {
        let time = time ?? now
        let batch = Batch(
            id: .make(at: time), tenant: tenant, owner: UserID("user"), description: description, lane: .low, createdAt: time)
        try await batches.add(batch)
        return batch
    }

    func stored(_ batch: Batch) async throws -> Batch {
        try requireValue(try await batches.batch(batch.id, of: batch.tenant), "the batch is gone")
    }

    private func revisionsFollowEachOther() async throws {
        let batch = try await add()
        try requireEqual(try await stored(batch), batch, "added")
        var other = batch
        other.postpone(until: batch.due + .seconds(1))
        try await batches.add(other)
        try requireEqual(try await stored(batch), batch, "added twice")
        try requireEqual(try await batches.replace(batch), false, "its own revision")
        try requireEqual(try await batches.replace(other), true, "the next revision")
        try requireEqual(try await batches.replace(other), false, "the next revision again")
        try requireEqual(try await stored(batch), other, "replaced")
    }

    private func closingIsIdempotent() async throws {
        let batch = try await add()
        let closed = try requireValue(try await batches.close(batch.id, of: Self.tenant), "not closed")
        try requireEqual(closed.state, .closed, "state")
        try requireEqual(try await batches.close(batch.id, of: Self.tenant), closed, "closed again")
        try requireEqual(try await stored(batch), closed, "stored")
        try requireEqual(try await batches.close(.make(at: now), of: Self.tenant), nil, "one that is not there")
    }

    private func organisationsDoNotMeet() async throws {
        let batch = try await add()
        try requireEqual(try await batches.batch(batch.id, of: Self.stranger), nil, "of another organisation")
        try requireEqual(try await batches.close(batch.id, of: Self.stranger), nil, "closed by a stranger")
        try requireEqual(try await batches.batches(BatchQuery(tenant: Self.stranger)), [], "list of a stranger")
        _ = try await add(batch: batch.id)
        try requireEqual(try await batches.counts(of: batch.id, of: Self.stranger).total, 0, "counts of a stranger")
        try requireEqual(try await stored(batch), batch, "unchanged")
    }

    private func pagesAreTheSame() async throws {
        let start = now - .seconds(10)
        var all: [BatchID] = []
        for number in 0..<7 { all.insert(try await add("\(number)", at: start + .seconds(number)).id, at: 0) }
        _ = try await add(of: Self.stranger)
        for size in [1, 2, 3, 7, 50] {
            var found: [BatchID] = []
            while case let page = try await batches.batches(BatchQuery(tenant: Self.tenant, limit: size, before: found.last)), !page.isEmpty
            {
                found += page.map(\.id)
                try require(found.count <= all.count, "a page came twice")
            }
            try requireEqual(found, all, "pages of \(size)")
        }
    }

    private func dueComeInOrder() async throws {
        let start = now - .seconds(60)
        let second = try await add("second", at: start + .seconds(2))
        let first = try await add("first", of: Self.stranger, at: start + .seconds(1))
        var later = try await add("later", at: start)
        later.postpone(until: start + .seconds(3600))
        try requireEqual(try await batches.replace(later), true, "postponed")
        try requireEqual(try await batches.dueBatches(limit: 10), [first, second], "due")
        try requireEqual(try await batches.dueBatches(limit: 1), [first], "the first that is due")
    }

    private func removalIsByRevision() async throws {
        let batch = try await add()
        let closed = try requireValue(try await batches.close(batch.id, of: Self.tenant), "not closed")
        try requireEqual(try await batches.remove(batch), false, "as it was before")
        try requireEqual(try await batches.remove(closed), true, "as it is")
        try requireEqual(try await batches.remove(closed), false, "again")
        try requireEqual(try await batches.batch(batch.id, of: Self.tenant), nil, "removed")
    }

    private func unfinishedAreBounded() async throws {
        func sample(of tenant: TenantID = Self.tenant) -> Batch {
            Batch(id: .make(at: now), tenant: tenant, owner: UserID("user"), createdAt: now)
        }
        let (batches, refused) = (batches, sample())
        let first = try await add()
        try await batches.add(sample(), unfinished: 2)
        try await batches.add(sample(of: Self.stranger), unfinished: 2)
        try await requireRefusal(.throttled, "a third batch") { try await batches.add(refused, unfinished: 2) }
        try requireEqual(try await batches.batch(refused.id, of: Self.tenant), nil, "the refused batch")
        // A closed batch still counts, because its tasks may not have ended; a completed one does not.
        var closed = try requireValue(try await batches.close(first.id, of: Self.tenant), "not closed")
        try await requireRefusal(.throttled, "a third batch after one was closed") { try await batches.add(refused, unfinished: 2) }
        try require(closed.complete(at: now), "not completed")
        try requireEqual(try await batches.replace(closed), true, "completed")
        try await batches.add(refused, unfinished: 2)
        try await requireRefusal(.throttled, "one more") { try await batches.add(sample(), unfinished: 2) }
    }

    private func organisationsAreRemoved() async throws {
        for _ in 0..<3 { _ = try await add() }
        let other = try await add(of: Self.stranger)
        try requireEqual(try await batches.removeBatches(of: Self.tenant, limit: 2), 2, "first round")
        try requireEqual(try await batches.removeBatches(of: Self.tenant, limit: 2), 1, "second round")
        try requireEqual(try await batches.removeBatches(of: Self.tenant, limit: 2), 0, "third round")
        try requireEqual(try await stored(other), other, "of another organisation")
    }
}
