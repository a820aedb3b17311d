import Conformance
import PixelFlowCore
import Synchronization
import Testing

@testable import PixelFlowMongo

/// The rules of the ports, as MongoDB implements them. They run one after the other: the rules are about time, and a busy substitute
/// for MongoDB is slow.
@Suite(.enabled(if: TestServer.isThere, TestServer.absence))
struct TaskStoreConformanceTests {
    /// Which clock a rule uses.
    enum Time: CaseIterable {
        /// The server's clock, as in production.
        case server
        /// A clock that the test moves, for rules that span hours.
        case manual
    }

    @Test(.serialized, arguments: TaskOwnerStoreConformance.cases, Time.allCases)
    func conformsToOwnerRules(rule: ConformanceCase<TaskOwnerStoreConformance>, time: Time) async throws {
        try await TestDatabase.with { database in
            try await rule.run { TaskOwnerStoreConformance(try await fixture(database, time)) }
        }
    }

    @Test(.serialized, arguments: TaskWorkerStoreConformance.cases, Time.allCases)
    func conformsToWorkerRules(rule: ConformanceCase<TaskWorkerStoreConformance>, time: Time) async throws {
        try await TestDatabase.with { database in
            try await rule.run { TaskWorkerStoreConformance(try await fixture(database, time)) }
        }
    }

    @Test(.serialized, arguments: TaskDispatchStoreConformance.cases, Time.allCases)
    func conformsToDispatcherRules(rule: ConformanceCase<TaskDispatchStoreConformance>, time: Time) async throws {
        try await TestDatabase.with { database in
            try await rule.run { TaskDispatchStoreConformance(try await fixture(database, time)) }
        }
    }

    @Test(.serialized, arguments: UsageStoreConformance.cases, Time.allCases)
    func conformsToUsageRules(rule: ConformanceCase<UsageStoreConformance>, time: Time) async throws {
        try await TestDatabase.with { database in
            try await rule.run { UsageStoreConformance(try await fixture(database, time)) }
        }
    }

    @Test(.serialized, arguments: BatchStoreConformance.cases, Time.allCases)
    func conformsToBatchRules(rule: ConformanceCase<BatchStoreConformance>, time: Time) async throws {
        try await TestDatabase.with { database in
            try await rule.run {
                let (store, fixture) = try await opened(database, time)
                return BatchStoreConformance(fixture, batches: store)
            }
        }
    }

    private func fixture(_ database: TestDatabase, _ time: Time) async throws -> TaskStoreFixture {
        try await opened(database, time).fixture
    }

    private func opened(_ database: TestDatabase, _ time: Time) async throws -> (store: MongoTaskStore, fixture: TaskStoreFixture) {
        switch time {
        case .server:
            let store = try database.store(policy: .brief)
            return (store, try await .onServerClock(store) { try database.store(policy: .brief) })
        case .manual:
            let clock = ManualClock()
            let store = try database.store(clock: clock)
            return (store, TaskStoreFixture(store: store, policy: .standard, clock: clock) { try database.store(clock: clock) })
        }
    }

    @Test(.serialized, arguments: PresetStoreConformance.cases)
    func conformsToPresetRules(rule: ConformanceCase<PresetStoreConformance>) async throws {
        try await TestDatabase.with { database in
            try await rule.run { PresetStoreConformance(store: try database.store()) }
        }
    }

    @Test(.serialized, arguments: WebhookStoreConformance.cases)
    func conformsToWebhookRules(rule: ConformanceCase<WebhookStoreConformance>) async throws {
        try await TestDatabase.with { database in
            try await rule.run { WebhookStoreConformance(store: try database.store(), clock: nil) }
        }
    }

    @Test(.serialized, arguments: WebhookStoreConformance.timedCases)
    func conformsToWebhookTimeRules(rule: ConformanceCase<WebhookStoreConformance>) async throws {
        try await TestDatabase.with { database in
            let clock = ManualClock()
            try await rule.run { WebhookStoreConformance(store: try database.store(clock: clock), clock: clock) }
        }
    }

    @Test(.serialized, arguments: AuditOutboxConformance.cases)
    func conformsToAuditOutboxRules(rule: ConformanceCase<AuditOutboxConformance>) async throws {
        try await TestDatabase.with { database in
            try await rule.run { AuditOutboxConformance(outbox: try database.store()) { try database.store() } }
        }
    }

    @Test(.serialized, arguments: OrphanMarkConformance.cases)
    func conformsToOrphanRules(rule: ConformanceCase<OrphanMarkConformance>) async throws {
        try await TestDatabase.with { database in
            try await rule.run { OrphanMarkConformance(store: try database.store()) { try database.store() } }
        }
    }

    @Test(.serialized, arguments: InstallationRecordConformance.cases)
    func conformsToInstallationRules(rule: ConformanceCase<InstallationRecordConformance>) async throws {
        try await TestDatabase.with { database in
            try await rule.run {
                let store = try database.store()
                return InstallationRecordConformance(record: store) {
                    try database.store()
                } fill: {
                    _ = try await store.create(Sample.task())
                }
            }
        }
    }

    @Test(.serialized, arguments: ArchivableStoreConformance.cases)
    func conformsToArchiveRules(rule: ConformanceCase<ArchivableStoreConformance>) async throws {
        try await TestDatabase.with { database in
            try await TestDatabase.with { other in
                try await rule.run {
                    let clock = ManualClock()
                    let store = try database.store(clock: clock)
                    let fixture = TaskStoreFixture(store: store, policy: .standard, clock: clock) { try database.store(clock: clock) }
                    return .tasks(fixture, source: store, target: try other.store(clock: clock))
                }
            }
        }
    }
}

extension TaskStoreFixture {
    /// - Parameter store: with the brief policy.
    static func onServerClock(
        _ store: MongoTaskStore, reopen: @escaping @Sendable () async throws -> any TaskStore & UsageStore & EndedTaskStore
    ) async throws -> TaskStoreFixture {
        // The store's times are in the bounds that it knows at the time, and never go back when it learns closer ones.
        let uncertainty = Uncertainty()
        let read: @Sendable () async throws -> ClosedRange<Timestamp> = {
            let reading = try await store.tasks.clock.read()
            let widest = uncertainty.include(reading)
            return (reading.earliest - widest)...(reading.latest + widest)
        }
        // The first bounds are the widest, apart from the drift that every reading includes.
        _ = try await read()
        return TaskStoreFixture(store: store, policy: .brief, clock: nil, time: read, reopen: reopen)
    }
}

/// The greatest distance of the bounds of readings.
private final class Uncertainty: Sendable {
    private let widest = Mutex(Duration.zero)

    func include(_ reading: ClockReading) -> Duration {
        widest.withLock { widest in
            widest = max(widest, reading.latest - reading.earliest)
            return widest
        }
    }
}
