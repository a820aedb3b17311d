import PixelFlowCore

/// The rules of `EndedTaskStore`.
extension UsageStoreConformance {
    static let endedCases: [Case] = [
        Case("ended tasks: counted by owner and status") { try await $0.endedAreCounted() },
        Case("ended tasks: those of the span, including its start and excluding its end") { try await $0.spanIsKept() },
        Case("ended tasks: a replayed task counts by its last end, and a deleted one is not counted") { try await $0.endedFollow() },
        Case("ended tasks: the first failures, up to the limit") { try await $0.failuresInOrder() },
    ]

    private static var ada: UserID { UserID("ada") }
    private static var key: UserID { UserID("key") }

    private func span(_ tasks: [TaskRecord]) -> TaskSpan {
        let times = tasks.compactMap(\.completedAt)
        let from = times.min() ?? now
        return TaskSpan(tenant: Self.tenant, from: from, until: (times.max() ?? now) + .microseconds(1))
    }

    private func endedAreCounted() async throws {
        var tasks: [TaskRecord] = []
        for status in [TaskStatus.completed, .completed, .failed, .cancelled, .pending, .processing] {
            tasks.append(try await add(status, owner: Self.ada))
        }
        tasks.append(try await add(.completed, owner: Self.key))
        tasks.append(try await add(.completed, owner: UserID("bob")))
        _ = try await add(.failed, of: Self.stranger, owner: Self.ada)
        let span = span(tasks)
        let expected = [Self.ada: EndedTasks(completed: 2, failed: 1, cancelled: 1), Self.key: EndedTasks(completed: 1)]
        try requireEqual(try await usage.endedTasks(of: [Self.ada, Self.key], in: span), expected, "of two owners")
        try requireEqual(try await usage.endedTasks(of: [], in: span), [:], "of no one")
        try requireEqual(try await usage.endedTasks(of: [UserID("nobody")], in: span), [:], "of someone without tasks")
        let reopened = try await reopen()
        try requireEqual(try await reopened.endedTasks(of: [Self.ada, Self.key], in: span), expected, "after reopening")
    }

    private func spanIsKept() async throws {
        let task = try await add(.completed, owner: Self.ada)
        let end = try requireValue(task.completedAt, "no end")
        func count(_ from: Timestamp, _ until: Timestamp) async throws -> Int {
            let span = TaskSpan(tenant: Self.tenant, from: from, until: until)
            return try await usage.endedTasks(of: [Self.ada], in: span)[Self.ada]?.total ?? 0
        }
        try requireEqual(try await count(end, end + .microseconds(1)), 1, "the first moment")
        try requireEqual(try await count(end - .seconds(10), end), 0, "the last moment")
        try requireEqual(try await count(end + .microseconds(1), end + .seconds(10)), 0, "later")
    }

    private func endedFollow() async throws {
        let failed = try await add(.failed, owner: Self.ada)
        let deleted = try await add(.completed, owner: Self.ada)
        let before = span([failed, deleted])
        _ = try await owner.delete(deleted.id, of: Self.tenant)
        try requireEqual(try await usage.endedTasks(of: [Self.ada], in: before), [Self.ada: EndedTasks(failed: 1)], "once one is deleted")
        _ = try await owner.replay(failed.id, of: Self.tenant)
        try requireEqual(try await usage.endedTasks(of: [Self.ada], in: before), [:], "once the other is replayed")
        let claimed = try await claim(failed)
        let completed = try requireValue(try await worker.complete(claimed.claim, with: manifest(of: claimed)), "not completed")
        try requireEqual(
            try await usage.endedTasks(of: [Self.ada], in: span([completed])), [Self.ada: EndedTasks(completed: 1)], "the last end")
    }

    private func failuresInOrder() async throws {
        var failed: [TaskRecord] = []
        for number in 0..<5 { failed.append(try await add(.failed, owner: number.isMultiple(of: 2) ? Self.ada : Self.key)) }
        let others = [try await add(.completed, owner: Self.ada), try await add(.failed, owner: UserID("bob"))]
        let span = span(failed + others)
        func found(_ owners: [UserID], _ limit: Int) async throws -> [TaskID] {
            try await usage.failedTasks(of: owners, in: span, limit: limit).map(\.id)
        }
        try requireEqual(try await found([Self.ada, Self.key], 10), failed.map(\.id), "of both")
        try requireEqual(try await found([Self.ada, Self.key], 3), failed.prefix(3).map(\.id), "the first three")
        try requireEqual(try await found([Self.key], 10), [failed[1].id, failed[3].id], "of one")
        let first = try requireValue(try await usage.failedTasks(of: [Self.ada], in: span, limit: 1).first, "none")
        let told = try requireValue(EndedTasks.Failure(first), "not told")
        try requireEqual([told.name, told.code, told.message], ["Füße.jpg", "went_wrong", "It went wrong."], "reported content")
    }
}
