import PixelFlowCore

extension TaskDispatchStoreConformance {
    static let deleted: [Case] = [
        Case("delete: the dispatcher finds a deleted task until it is purged") { try await $0.deletedIsListedUntilPurged() },
        Case("delete: a task is not purged before its events are published") { try await $0.unpublishedIsNotPurged() },
        Case("delete: only deleted tasks are purged") { try await $0.onlyDeletedIsPurged() },
        Case("delete: an expired lease does not restore a deleted task") { try await $0.deletedLeaseDoesNotReturn() },
        Case("known: every task of every tenant until it is purged") { try await $0.knownUntilPurged() },
        Case("deleted: pages of any size give each task once, in order") { try await $0.pagesOfDeleted() },
        Case("outbox: pages of any size give each task once, in order") { try await $0.pagesOfEvents() },
    ]

    func deletedIsListedUntilPurged() async throws {
        let first = try await add(.completed)
        let second = try await add(.pending)
        _ = try await add(.pending)
        _ = try await owner.delete(first.id, of: Self.tenant)
        clock?.advance(by: .milliseconds(2))
        _ = try await owner.delete(second.id, of: Self.tenant)
        try requireEqual(try await dispatcher.deleted(limit: 10).map(\.id), [first.id, second.id], "deleted")
        try requireEqual(try await dispatcher.deleted(limit: 1).map(\.id), [first.id], "with a limit")
        try await publishAndPurge(first)
        try requireEqual(try await dispatcher.deleted(limit: 10).map(\.id), [second.id], "after the purge")
        try requireEqual(try await owner.find(first.id, of: Self.tenant), nil, "found after the purge")
        try await dispatcher.purge(first.id)
    }

    /// - Parameter task: the task before its deletion.
    private func publishAndPurge(_ task: TaskRecord) async throws {
        try await dispatcher.acknowledge(events: [task.id: Set(task.outbox.map(\.id))])
        try requireEqual(try await dispatcher.purge(task.id), true, "purged")
    }

    func unpublishedIsNotPurged() async throws {
        let task = try await add(.cancelled)
        _ = try await owner.delete(task.id, of: Self.tenant)
        try requireEqual(try await dispatcher.purge(task.id), false, "purged before its events are published")
        try requireEqual(try await dispatcher.deleted(limit: 10).map(\.id), [task.id], "after the purge")
        pass(.seconds(1))
        let found = try await soon("its event") { try await dispatcher.unpublished(olderThan: .zero, limit: 10).first }
        try requireEqual(found.outbox, task.outbox, "unpublished")
        try await publishAndPurge(task)
        try requireEqual(try await dispatcher.deleted(limit: 10), [], "after the event was published")
        try requireEqual(try await dispatcher.known([task.id]), [], "known")
    }

    func onlyDeletedIsPurged() async throws {
        for status in TaskStatus.allCases {
            let task = try await add(status)
            try await dispatcher.purge(task.id)
            try await requireUnchanged(task, "a purge")
        }
        try await dispatcher.purge(TaskID.make(at: now))
    }

    func deletedLeaseDoesNotReturn() async throws {
        let claimed = try await addClaimed()
        let other = try await addClaimed()
        _ = try await owner.delete(claimed.id, of: Self.tenant)
        pass(policy.leaseDuration)
        let taken = try await soon("expiry") {
            let taken = try await dispatcher.expireLeases(limit: 10)
            return taken.isEmpty ? nil : taken
        }
        try requireEqual(taken.map(\.id), [other.id], "reclaimed")
    }

    func knownUntilPurged() async throws {
        let mine = try await add(.completed).id
        let theirs = try await add(of: Self.stranger).id
        let deleted = try await add().id
        let purged = try await add().id
        let other = try await add().id
        for id in [deleted, purged] { _ = try await owner.delete(id, of: Self.tenant) }
        try await dispatcher.purge(purged)
        let unknown = TaskID.make(at: now)
        let found = try await dispatcher.known([mine, theirs, deleted, purged, unknown])
        try requireEqual(found, [mine, theirs, deleted], "known")
        try requireEqual(try await dispatcher.known([other, other]), [other], "asked twice")
        try requireEqual(try await dispatcher.known([]), [], "of none")
        let many = (0..<1000).map { TaskID.make(at: now + .seconds($0)) }
        try requireEqual(try await dispatcher.known(many + [mine]), [mine], "of many")
    }

    func pagesOfDeleted() async throws {
        for _ in 0..<7 { _ = try await owner.delete(try await add().id, of: Self.tenant) }
        try await add()
        try await requireSamePages("deleted tasks", of: 7) {
            try await dispatcher.deleted(after: $0, limit: $1)
        } position: {
            $0.deletedAt
        }
    }

    func pagesOfEvents() async throws {
        for _ in 0..<7 { _ = try await add(.cancelled) }
        try await add()
        pass(.seconds(1))
        _ = try await soon("7 events") { try await dispatcher.unpublished(olderThan: .zero, limit: 10).count == 7 ? true : nil }
        try await requireSamePages("tasks with events", of: 7) {
            try await dispatcher.unpublished(olderThan: .zero, after: $0, limit: $1)
        } position: {
            $0.outbox.first?.at
        }
    }
}
