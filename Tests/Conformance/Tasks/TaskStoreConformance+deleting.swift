import PixelFlowCore

extension TaskStoreConformance {
    static let deleting: [Case] = [
        Case("delete: the task is hidden everywhere, whatever its status") { try await $0.deletedIsHidden() },
        Case("delete: the dispatcher is left what has to be removed, until it is purged") { try await $0.deletedIsListedUntilPurged() },
        Case("delete: the key can be used again") { try await $0.deletedKeyIsFree() },
        Case("delete: a second time there is nothing to delete") { try await $0.deletingTwice() },
        Case("delete: only deleted tasks are purged") { try await $0.onlyDeletedIsPurged() },
        Case("delete: the lease of a deleted task does not bring it back") { try await $0.deletedLeaseDoesNotReturn() },
        Case("known: every task until it is purged, whoever's it is") { try await $0.knownUntilPurged() },
    ]

    func deletedIsHidden() async throws {
        for status in TaskStatus.allCases {
            let task = try await add(status)
            let deleted = try requireValue(try await store.delete(task.id, of: Self.tenant), "not there")
            try require(deleted.deletedAt != nil, "no time of deletion")
            try requireEqual(try await store.find(task.id, of: Self.tenant), nil, "found")
            try requireEqual(try await store.list(TaskQuery(tenant: Self.tenant)).tasks, [], "listed")
            try requireEqual(try await store.list(TaskQuery(tenant: Self.tenant, status: status)).tasks, [], "listed by status")
            try requireEqual(try await store.cancel(task.id, of: Self.tenant), nil, "cancelled")
            try requireEqual(try await store.replay(task.id, of: Self.tenant), nil, "replayed")
            try requireEqual(try await store.claim(task.id, by: Self.worker), nil, "claimed")
            let counts = try await store.statistics(of: Self.tenant).counts
            try requireEqual(counts.values.reduce(0, +), 0, "counted")
        }
    }

    func deletedIsListedUntilPurged() async throws {
        let first = try await add(.completed)
        let second = try await add(.pending)
        _ = try await add(.pending)
        _ = try await store.delete(first.id, of: Self.tenant)
        clock?.advance(by: .milliseconds(2))
        _ = try await store.delete(second.id, of: Self.tenant)
        try requireEqual(try await store.deleted(limit: 10).map(\.id), [first.id, second.id], "deleted")
        try requireEqual(try await store.deleted(limit: 1).map(\.id), [first.id], "with a limit")
        try await store.purge(first.id)
        try requireEqual(try await store.deleted(limit: 10).map(\.id), [second.id], "after the purge")
        try requireEqual(try await store.find(first.id, of: Self.tenant), nil, "found after the purge")
        try await store.purge(first.id)
    }

    func deletedKeyIsFree() async throws {
        let first = try await add(key: "k")
        _ = try await store.delete(first.id, of: Self.tenant)
        try requireEqual(try await store.find(idempotencyKey: "k", of: Self.tenant), nil, "found by key")
        let second = try await add(key: "k")
        try require(second.id != first.id, "the deleted task came back")
        try requireEqual(try await store.find(idempotencyKey: "k", of: Self.tenant)?.id, second.id, "found by key")
    }

    func deletingTwice() async throws {
        let task = try await add()
        _ = try requireValue(try await store.delete(task.id, of: Self.tenant), "not there")
        try requireEqual(try await store.delete(task.id, of: Self.tenant), nil, "second deletion")
        try requireEqual(try await store.delete(TaskID.make(at: now), of: Self.tenant), nil, "an unknown task")
    }

    func onlyDeletedIsPurged() async throws {
        for status in TaskStatus.allCases {
            let task = try await add(status)
            try await store.purge(task.id)
            try await requireUnchanged(task, "a purge")
        }
        try await store.purge(TaskID.make(at: now))
    }

    func knownUntilPurged() async throws {
        let mine = try await add(.completed).id
        let theirs = try await add(of: Self.stranger).id
        let deleted = try await add().id
        let purged = try await add().id
        let other = try await add().id
        for id in [deleted, purged] { _ = try await store.delete(id, of: Self.tenant) }
        try await store.purge(purged)
        let unknown = TaskID.make(at: now)
        let found = try await store.known([mine, theirs, deleted, purged, unknown])
        try requireEqual(found, [mine, theirs, deleted], "known")
        try requireEqual(try await store.known([other, other]), [other], "asked twice")
        try requireEqual(try await store.known([]), [], "of none")
        let many = (0..<1000).map { TaskID.make(at: now + .seconds($0)) }
        try requireEqual(try await store.known(many + [mine]), [mine], "of many")
    }

    func deletedLeaseDoesNotReturn() async throws {
        let claimed = try await addClaimed()
        let other = try await addClaimed()
        _ = try await store.delete(claimed.id, of: Self.tenant)
        pass(policy.leaseDuration)
        let taken = try await soon("expiry") {
            let taken = try await store.expireLeases(limit: 10)
            return taken.isEmpty ? nil : taken
        }
        try requireEqual(taken.map(\.id), [other.id], "taken back")
    }
}
