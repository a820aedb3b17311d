import PixelFlowCore

extension TaskOwnerStoreConformance {
    static let changing: [Case] = [
        Case("changes: in the order in which they happened, each task once") { try await $0.changesAreInOrder() },
        Case("changes: a reader that continues after the last one misses none") { try await $0.changesAreComplete() },
        Case("changes: a task created with a slow clock is not missed") { try await $0.earlyTaskIsNotMissed() },
        Case("changes: invisible updates are not changes") { try await $0.bookkeepingIsNoChange() },
        Case("changes: pages of any size give each task once, in order") { try await $0.pagesOfChanges() },
    ]

    func changesAreInOrder() async throws {
        let first = try await add()
        let second = try await add()
        let third = try await add()
        let deleted = try await add()
        _ = try await owner.delete(deleted.id, of: Self.tenant)
        _ = try await claim(second)
        _ = try await owner.cancel(first.id, of: Self.tenant)
        let all = try await changes(after: Timestamp(microseconds: 0))
        try requireEqual(all.map(\.id), [third.id, deleted.id, second.id, first.id], "order")
        try requireEqual(all.map(\.updatedAt), all.map(\.updatedAt).sorted(), "times")
        try requireEqual(Set(all.map(\.updatedAt)).count, all.count, "different times")
        try require(all[1].deletedAt != nil, "the deletion does not show")
        try requireEqual(try await changes(after: all[1].updatedAt).map(\.id), [second.id, first.id], "after the second")
        try requireEqual(try await changes(after: all[3].updatedAt), [], "after the last")
        let limited = try await owner.changes(of: Self.tenant, after: Timestamp(microseconds: 0), limit: 2)
        try requireEqual(limited, Array(all.prefix(2)), "with a limit")
    }

    func changesAreComplete() async throws {
        var seen = Timestamp(microseconds: 0)
        var ids: [TaskID: TaskStatus] = [:]
        async let made = racing(40) { _ in try await addClaimed().id }
        for _ in 0..<20 {
            for task in try await changes(after: seen) {
                ids[task.id] = task.status
                seen = task.updatedAt
            }
        }
        let all = try await made
        for task in try await changes(after: seen) { ids[task.id] = task.status }
        try requireEqual(ids, Dictionary(uniqueKeysWithValues: all.map { ($0, .processing) }), "tasks as last seen")
    }

    func earlyTaskIsNotMissed() async throws {
        let seen = try await add().updatedAt
        let task = try await add(at: seen - .seconds(2))
        try requireEqual(try await changes(after: seen).map(\.id), [task.id], "changes after the first task")
    }

    func bookkeepingIsNoChange() async throws {
        let claimed = try await addClaimed()
        let done = try await add(.completed)
        pass(.seconds(1))
        _ = try await worker.renew(claimed.claim)
        try await dispatcher.acknowledge(events: [done.id: Set(done.outbox.map(\.id))])
        try requireEqual(try await changes(after: done.updatedAt), [], "changes")
    }

    func pagesOfChanges() async throws {
        for _ in 0..<7 { try await add() }
        _ = try await add(of: Self.stranger)
        try await requireSamePages("changes", of: 7) {
            try await owner.changes(of: Self.tenant, after: $0, limit: $1)
        } position: {
            $0.updatedAt
        }
    }

    private func changes(after time: Timestamp) async throws -> [TaskRecord] {
        try await owner.changes(of: Self.tenant, after: time, limit: 1000)
    }
}
