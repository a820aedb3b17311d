package import PixelFlowCore

extension ArchivableStoreConformance {
    /// For a task database with tasks in every state and all other data.
    ///
    /// - Parameters:
    ///   - source: the store of `fixture`, with `fixture.policy`.
    ///   - target: empty.
    package static func tasks(_ fixture: TaskStoreFixture, source: any TaskDatabase, target: any TaskDatabase) -> Self {
        let contents = ArchivedTasks(fixture: fixture, source: source, target: target)
        return ArchivableStoreConformance(source: source, target: target) {
            try await contents.fill()
        } requireSame: {
            try await contents.requireSame()
        }
    }
}

private struct ArchivedTasks: TaskStoreSuite {
    let fixture: TaskStoreFixture
    let source: any TaskDatabase
    let target: any TaskDatabase

    private static let batch = BatchID.make(at: Timestamp(microseconds: 1_767_225_600_123_456))
    private var hook: WebhookEndpoint {
        WebhookEndpoint(
            id: WebhookID("shop"), tenant: Self.tenant, url: "https://example.com/shop", events: [.taskCompleted], description: "Füße",
            createdAt: Timestamp(microseconds: 1_767_225_600_123_456))
    }
    private var queue: WebhookQueue { WebhookQueue(tenant: Self.tenant, endpoint: WebhookID("shop")) }
    private var deliveries: WebhookDeliveryQuery { WebhookDeliveryQuery(queue, limit: 100) }

    func fill() async throws {
        try await source.setQuota(Quota(tasksPerMonth: 10_000, retentionDays: 30, weight: 3), of: Self.tenant)
        let pipeline = try requireValue(BuiltInPresets.all["web"], "no preset")
        for name in ["shop", "ünïcode-is-text"] {
            _ = try await source.put(Preset(name: name, pipeline: pipeline, lane: .high, updatedAt: now), of: Self.tenant)
        }
        try await source.add(
            Batch(id: Self.batch, tenant: Self.tenant, owner: UserID("user"), description: "Herbst", createdAt: now))
        _ = try await source.add(hook)
        try await source.addAudit(
            AuditEntry(
                id: UUIDv7.make(), organisation: Self.tenant, at: now, actor: "user", actorName: "ada@example.org", action: .presetSaved,
                address: "192.0.2.1", requestID: "r-1"))
        for status in TaskStatus.allCases { _ = try await add(status) }
        for status in [TaskStatus.completed, .failed] { _ = try await add(status, of: Self.stranger) }
        let batched = try await add(key: "batched", batch: Self.batch)
        let deleted = try await add(.completed)
        _ = try await owner.delete(deleted.id, of: Self.tenant)
        let ended = try await add(.completed)
        try await source.fanOut([ended])
        try requireEqual(try await source.deliveries(deliveries).count, 1, "deliveries")
        _ = batched
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<(2 * ArchiveRow.page) { group.addTask { try await add(of: Self.stranger, key: "key-\(number)") } }
            try await group.waitForAll()
        }
    }

    func requireSame() async throws {
        for tenant in [Self.tenant, Self.stranger] {
            let tasks = try await list(source, tenant)
            try require(!tasks.isEmpty, "no tasks")
            try requireEqual(try await list(target, tenant), tasks, "tasks")
            for task in tasks { try requireEqual(try await target.find(task.id, of: tenant), task, "task") }
            try requireEqual(try await target.usage(of: tenant), try await source.usage(of: tenant), "usage")
            try requireEqual(try await target.quota(of: tenant), try await source.quota(of: tenant), "quota")
            try requireEqual(try await target.presets(of: tenant), try await source.presets(of: tenant), "presets")
            try requireEqual(try await target.webhooks(of: tenant).endpoints, try await source.webhooks(of: tenant).endpoints, "webhooks")
        }
        try requireEqual(try await target.deliveries(deliveries), try await source.deliveries(deliveries), "deliveries")
        try requireEqual(
            try await target.batch(Self.batch, of: Self.tenant), try await source.batch(Self.batch, of: Self.tenant), "batch")
        try requireEqual(
            try await target.counts(of: Self.batch, of: Self.tenant), try await source.counts(of: Self.batch, of: Self.tenant), "counts")
        try requireEqual(try await target.auditBacklog(), 1, "audit entries")
        try requireEqual(
            try await target.deleted(limit: 10).map(\.id), try await source.deleted(limit: 10).map(\.id), "tasks to be purged")
        // It behaves like a store in which these tasks were created: their keys are in use, and changes are counted.
        let again = sample(key: "batched", batch: Self.batch)
        guard case .existing = try await target.create(again) else {
            throw ConformanceFailure("an idempotency key is forgotten", file: #fileID, line: #line)
        }
        let before = try await target.usage(of: Self.stranger).now.tasksInFlight
        let waiting = try requireValue(try await list(target, Self.stranger).first { $0.status == .pending }, "nothing waits")
        _ = try await target.cancel(waiting.id, of: Self.stranger)
        try requireEqual(try await target.usage(of: Self.stranger).now.tasksInFlight, before - 1, "tasks in flight after a cancellation")
    }

    private func list(_ store: any TaskDatabase, _ tenant: TenantID) async throws -> [TaskRecord] {
        try await store.list(TaskQuery(tenant: tenant, limit: 1000)).tasks
    }
}
