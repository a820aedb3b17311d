import PixelFlowCore

/// The rules of `UsageStore`, and of quotas in `TaskOwnerStore`.
package struct UsageStoreConformance: TaskStoreSuite {
    let fixture: TaskStoreFixture

    package init(_ fixture: TaskStoreFixture) { self.fixture = fixture }

    /// All rules.
    package static let cases: [ConformanceCase<UsageStoreConformance>] = quotaCases + endedCases

    private static let quotaCases: [ConformanceCase<UsageStoreConformance>] = [
        Case("quota: unlimited until it is set, and after it is removed") { try await $0.quotaIsKept() },
        Case("quota: concurrent creations are admitted exactly up to the limit in flight") { try await $0.racingCreations() },
        Case("quota: concurrent replays are admitted exactly up to the limit in flight") { try await $0.racingReplays() },
        Case("quota: an ended task frees its slot") { try await $0.endedMakesRoom() },
        Case("quota: tasks of a month count even if they are deleted and purged") { try await $0.monthRemembers() },
        Case("quota: deleting a task frees its bytes") { try await $0.bytesAreFreed() },
        Case("quota: a repeated idempotency key returns its task even beyond the quota") { try await $0.keyIsRepeated() },
        Case("quota: other tenants are not limited") { try await $0.strangersAreFree() },
        Case("usage: usage and daily numbers follow from the tasks") { try await $0.usageFollows() },
        Case("usage: unchanged after the store is reopened") { try await $0.usageLasts() },
        Case("usage: a replayed task counts by its last end") { try await $0.replayedCountsOnce() },
        Case("usage: a purged task stays in the numbers until it is forgotten") { try await $0.purgedIsRemembered() },
        Case("retention: tasks that ended long enough ago, and no others") { try await $0.retention() },
        Case("retention: every organisation has its turn, however many tasks others have") { try await $0.retentionTakesTurns() },
    ]

    // MARK: Quotas

    func quotaIsKept() async throws {
        try requireEqual(try await usage.quota(of: Self.tenant), .unlimited, "before")
        let quota = Quota(tasksPerMonth: 1, bytesStored: 2, tasksInFlight: 3, sourceBytes: 4, retentionDays: 5, weight: 6)
        try await usage.setQuota(quota, of: Self.tenant)
        try requireEqual(try await usage.quota(of: Self.tenant), quota, "set")
        try requireEqual(try await usage.quota(of: Self.stranger), .unlimited, "a stranger's")
        try await usage.setQuota(.unlimited, of: Self.tenant)
        try requireEqual(try await usage.quota(of: Self.tenant), .unlimited, "unset")
    }

    func racingCreations() async throws {
        try await usage.setQuota(Quota(tasksInFlight: 10), of: Self.tenant)
        let admitted = try await racing(20) { _ in try await isAdmitted { try await add() } }
        try requireEqual(admitted.filter(\.self).count, 10, "admitted")
        try requireEqual(try await usage.usage(of: Self.tenant).now.tasksInFlight, 10, "in flight")
        try requireEqual(try await owner.list(TaskQuery(tenant: Self.tenant)).tasks.count, 10, "tasks")
    }

    func racingReplays() async throws {
        var failed: [TaskID] = []
        for _ in 0..<6 { failed.append(try await add(.failed).id) }
        try await usage.setQuota(Quota(tasksInFlight: 3), of: Self.tenant)
        let ids = failed
        let admitted = try await racing(6) { number in
            try await isAdmitted { try await owner.replay(ids[number], of: Self.tenant) }
        }
        try requireEqual(admitted.filter(\.self).count, 3, "admitted")
        try requireEqual(try await usage.usage(of: Self.tenant).now.tasksInFlight, 3, "in flight")
    }

    func endedMakesRoom() async throws {
        try await usage.setQuota(Quota(tasksInFlight: 1), of: Self.tenant)
        for end in [TaskStatus.completed, .failed, .cancelled] { _ = try await add(end) }
        let deleted = try await add()
        try await requireRefused(.tasksInFlight, .throttled)
        _ = try await owner.delete(deleted.id, of: Self.tenant)
        try await add()
    }

    func monthRemembers() async throws {
        let first = try await add(.completed)
        try await usage.setQuota(Quota(tasksPerMonth: 3), of: Self.tenant)
        let second = try await add()
        try await add()
        for task in [first, second] {
            _ = try await owner.delete(task.id, of: Self.tenant)
            try await requireRefused(.tasksPerMonth, .throttled)
        }
        try await dispatcher.acknowledge(events: [first.id: Set(first.outbox.map(\.id))])
        try await dispatcher.purge(first.id)
        try await requireRefused(.tasksPerMonth, .throttled)
        try requireEqual(try await usage.usage(of: Self.tenant).now.tasksThisMonth, 3, "this month")
    }

    func bytesAreFreed() async throws {
        try await usage.setQuota(Quota(bytesStored: 30_000), of: Self.tenant)
        // 12,345 bytes of the source and 4,321 of its output.
        let completed = try await add(.completed)
        try requireEqual(try await usage.usage(of: Self.tenant).now.bytesStored, 16_666, "stored")
        try await add()
        try await requireRefused(.bytesStored, .forbidden)
        _ = try await owner.delete(completed.id, of: Self.tenant)
        try await add()
        try requireEqual(try await usage.usage(of: Self.tenant).now.bytesStored, 24_690, "stored in the end")
    }

    func keyIsRepeated() async throws {
        try await usage.setQuota(Quota(tasksPerMonth: 1), of: Self.tenant)
        let first = try await add(key: "key")
        try requireEqual(try await owner.create(sample(key: "key")), .existing(first), "the same key")
        try await requireRefused(.tasksPerMonth, .throttled)
    }

    func strangersAreFree() async throws {
        try await usage.setQuota(Quota(tasksPerMonth: 0, bytesStored: 0, tasksInFlight: 0), of: Self.tenant)
        try await requireRefused(.tasksPerMonth, .throttled)
        try await add(of: Self.stranger)
    }

    // MARK: Usage

    func usageFollows() async throws {
        for status in TaskStatus.allCases { _ = try await add(status) }
        _ = try await owner.delete(try await add(.completed).id, of: Self.tenant)
        try await add(of: Self.stranger)
        let seen = try await usage.usage(of: Self.tenant)
        try requireEqual(seen.now, Consumption(tasksThisMonth: 6, tasksInFlight: 2, bytesStored: 5 * 12_345 + 4_321), "in use")
        try requireEqual(seen.days.count, UsageDay.shown, "days")
        let sum = seen.days.reduce(into: UsageDay(start: now)) { $0.add($1) }
        try requireEqual(sum.created, 6, "created")
        try requireEqual(sum.completed, 2, "completed")
        try requireEqual(sum.failed, 1, "failed")
        try requireEqual(sum.bytesAdded, 6 * 12_345 + 2 * 4_321, "bytes added")
        try requireEqual(sum.bytesRemoved, 12_345 + 4_321, "bytes removed")
        try requireEqual(sum.bytesAdded - sum.bytesRemoved, seen.now.bytesStored, "remaining entries")
    }

    func usageLasts() async throws {
        for status in TaskStatus.allCases { _ = try await add(status) }
        try await usage.setQuota(Quota(tasksPerMonth: 5), of: Self.tenant)
        let before = try await usage.usage(of: Self.tenant)
        let opened = try await reopen()
        let after = try await opened.usage(of: Self.tenant)
        try requireEqual(after.now, before.now, "in use")
        try requireEqual(after.days.map(\.created).reduce(0, +), 5, "created")
        try requireEqual(try await opened.quota(of: Self.tenant), Quota(tasksPerMonth: 5), "quota")
    }

    func replayedCountsOnce() async throws {
        let task = try await add(.failed)
        _ = try await owner.replay(task.id, of: Self.tenant)
        let replayed = try await usage.usage(of: Self.tenant)
        try requireEqual(replayed.days.map(\.failed).reduce(0, +), 0, "failed, once replayed")
        let claimed = try await claim(task)
        _ = try await worker.complete(claimed.claim, with: manifest(of: claimed))
        let completed = try await usage.usage(of: Self.tenant)
        try requireEqual(completed.days.map(\.completed).reduce(0, +), 1, "completed")
        try requireEqual(completed.days.map(\.created).reduce(0, +), 1, "created")
    }

    func purgedIsRemembered() async throws {
        let task = try await add(.completed)
        _ = try await owner.delete(task.id, of: Self.tenant)
        let before = try await usage.usage(of: Self.tenant)
        try await dispatcher.acknowledge(events: [task.id: Set(task.outbox.map(\.id))])
        for _ in 0..<2 { try await dispatcher.purge(task.id) }
        try requireEqual(try await usage.usage(of: Self.tenant), before, "after the purge")
        try requireEqual(try await usage.forgetUsage(limit: 10), 0, "forgotten too early")
        guard let clock else { return }
        clock.advance(by: .seconds(86_400 * (UsageDay.kept + 1)))
        try requireEqual(try await usage.forgetUsage(limit: 10), 1, "forgotten")
        try requireEqual(try await usage.forgetUsage(limit: 10), 0, "forgotten twice")
    }

    func retention() async throws {
        if clock == nil { return }
        let old = try await add(.completed)
        try await add(.pending)
        _ = try await owner.delete(try await add(.failed).id, of: Self.tenant)
        _ = try await add(.completed, of: Self.stranger)
        pass(.seconds(86_400))
        let young = try await add(.cancelled)
        try await usage.setQuota(Quota(retentionDays: 2), of: Self.tenant)
        func expired(limit: Int = 10) async throws -> [ExpiredTask] { try await usage.pastRetention(after: nil, limit: limit).tasks }
        try requireEqual(try await expired(), [], "too early")
        pass(.seconds(86_400))
        try requireEqual(try await expired(), [ExpiredTask(id: old.id, tenant: Self.tenant)], "after two days")
        pass(.seconds(86_400))
        try requireEqual(Set(try await expired().map(\.id)), [old.id, young.id], "after three")
        try requireEqual(try await expired(limit: 1).count, 1, "with a limit")
    }

    func retentionTakesTurns() async throws {
        if clock == nil { return }
        let tenants = (1...3).map { TenantID("tenant-\($0)") }
        for (tenant, count) in zip(tenants, [5, 1, 2]) {
            for _ in 0..<count { _ = try await add(.cancelled, of: tenant) }
            try await usage.setQuota(Quota(retentionDays: 1), of: tenant)
        }
        pass(.seconds(86_400))
        var pages: [[TenantID]] = []
        var last: TenantID?
        repeat {
            let page = try await usage.pastRetention(after: last, limit: 2)
            pages.append(page.tasks.map(\.tenant))
            last = page.last
        } while last != nil && pages.count < 10
        let (a, b, c) = (tenants[0], tenants[1], tenants[2])
        // The last page is empty if the one before it has filled up with the last organisation.
        try requireEqual(pages.filter { !$0.isEmpty }, [[a, a], [b, c, c]], "pages of a pass")
    }

    // MARK: Steps

    /// Whether `body` is within the quotas.
    private func isAdmitted(_ body: () async throws -> some Sendable) async throws -> Bool {
        do {
            _ = try await body()
            return true
        } catch let error as PixelFlowError where error.code == "quota_exceeded" {
            return false
        }
    }

    private func requireRefused(
        _ quota: Quota.CodingKeys, _ kind: PixelFlowError.Kind, file: String = #fileID, line: Int = #line
    ) async throws {
        do {
            try await add()
        } catch let error as PixelFlowError where error.code == "quota_exceeded" {
            try requireEqual(error.field, quota.rawValue, "the quota", file: file, line: line)
            try requireEqual(error.kind, kind, "the kind", file: file, line: line)
            return
        }
        throw ConformanceFailure("a task beyond \(quota.rawValue) was admitted", file: file, line: line)
    }
}

extension UsageDay {
    fileprivate mutating func add(_ other: UsageDay) {
        created += other.created
        completed += other.completed
        failed += other.failed
        bytesAdded += other.bytesAdded
        bytesRemoved += other.bytesRemoved
    }
}
