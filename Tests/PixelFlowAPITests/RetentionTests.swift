import Conformance
import Foundation
import Logging
import PixelFlowAPI
import PixelFlowCore
import PixelFlowDispatch
import PixelFlowEmbedded
import TestSupport
import Testing

@Suite struct RetentionTests {
    private let folder: TemporaryFolder
    private let clock = ManualClock()
    private let store: SQLiteTaskStore
    private let retention: Retention

    init() throws {
        folder = try TemporaryFolder()
        store = try SQLiteTaskStore(path: folder.path + "/tasks.sqlite", clock: clock)
        let logger = Logger(label: "test")
        retention = Retention(
            tasks: store,
            publisher: OutboxPublisher(store: store, broker: InProcessBroker(), events: InProcessTaskEvents(), logger: logger),
            audit: AuditRecorder(outbox: store, clock: clock, logger: logger), logger: logger)
    }

    private static func task(of tenant: TenantID, at time: Timestamp) -> TaskRecord {
        TaskRecord(
            id: TaskID.make(at: time), tenant: tenant, owner: UserID("user"), source: .url("https://example.com/a.jpg"),
            pipeline: Pipeline(outputs: [OutputSpec(name: "image")]), fingerprint: "print", requestID: "request", createdAt: time)
    }

    @Test func tasksPastTheirRetentionAreDeleted() async throws {
        let tenant = TenantID("tenant")
        let tasks = (0..<3).map { _ in Self.task(of: tenant, at: clock.now()) }
        for task in tasks { _ = try await store.create(task) }
        for task in tasks.dropLast() { _ = try await store.cancel(task.id, of: tenant) }
        clock.advance(by: .seconds(3 * 86_400))
        try await retention.deleteExpired()
        #expect(try await store.list(TaskQuery(tenant: tenant)).tasks.count == 3)
        try await store.setQuota(Quota(retentionDays: 2), of: tenant)
        try await retention.deleteExpired()
        #expect(try await store.list(TaskQuery(tenant: tenant)).tasks.map(\.id) == [tasks[2].id])
        // The dispatcher removes their objects.
        #expect(Set(try await store.deleted(limit: 10).map(\.id)) == Set(tasks.dropLast().map(\.id)))
        try await retention.deleteExpired()
        let told = try await store.undeliveredAudit(before: clock.now(), limit: 10).map(\.entry)
        #expect(told.map(\.action) == [.tasksDeleted])
        #expect(told.first?.organisation == tenant)
        #expect(told.first?.detail == "2 past their retention")
        #expect(told.first?.actorName == "pixelflow")
    }

    /// However many tasks have expired since the last time, of however many organisations.
    @Test func aBacklogIsDeletedAtOnce() async throws {
        let counts = [TenantID("busy"): Retention.batch + 1, TenantID("quiet"): 1]
        for (tenant, count) in counts {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<count {
                    group.addTask { [clock, store] in
                        let task = Self.task(of: tenant, at: clock.now())
                        _ = try await store.create(task)
                        _ = try await store.cancel(task.id, of: tenant)
                    }
                }
                try await group.waitForAll()
            }
            try await store.setQuota(Quota(retentionDays: 1), of: tenant)
        }
        clock.advance(by: .seconds(2 * 86_400))
        try await retention.deleteExpired()
        for tenant in counts.keys { #expect(try await store.list(TaskQuery(tenant: tenant)).tasks.isEmpty) }
        let told = try await store.undeliveredAudit(before: clock.now(), limit: 10).map(\.entry)
        #expect(
            told.map { "\($0.organisation): \($0.detail)" }.sorted() == [
                "busy: 1 past their retention", "busy: 500 past their retention", "quiet: 1 past their retention",
            ])
    }
}
