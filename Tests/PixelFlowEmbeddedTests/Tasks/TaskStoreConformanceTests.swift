import Conformance
import PixelFlowCore
import PixelFlowEmbedded
import TestSupport
import Testing

@Suite struct TaskStoreConformanceTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// The configuration of the store for a rule.
    enum Setup: CaseIterable {
        case manualClock
        /// With real time, like a server whose clock cannot be controlled.
        case realTime
        /// All reads use the file instead of the cache.
        case withoutCache
    }

    @Test(arguments: TaskOwnerStoreConformance.cases, Setup.allCases)
    func conformsToOwnerRules(rule: ConformanceCase<TaskOwnerStoreConformance>, setup: Setup) async throws {
        try await rule.run { TaskOwnerStoreConformance(try fixture(setup)) }
    }

    @Test(arguments: TaskWorkerStoreConformance.cases, Setup.allCases)
    func conformsToWorkerRules(rule: ConformanceCase<TaskWorkerStoreConformance>, setup: Setup) async throws {
        try await rule.run { TaskWorkerStoreConformance(try fixture(setup)) }
    }

    @Test(arguments: TaskDispatchStoreConformance.cases, Setup.allCases)
    func conformsToDispatcherRules(rule: ConformanceCase<TaskDispatchStoreConformance>, setup: Setup) async throws {
        try await rule.run { TaskDispatchStoreConformance(try fixture(setup)) }
    }

    @Test(arguments: UsageStoreConformance.cases, Setup.allCases)
    func conformsToUsageRules(rule: ConformanceCase<UsageStoreConformance>, setup: Setup) async throws {
        try await rule.run { UsageStoreConformance(try fixture(setup)) }
    }

    @Test(arguments: BatchStoreConformance.cases, Setup.allCases)
    func conformsToBatchRules(rule: ConformanceCase<BatchStoreConformance>, setup: Setup) async throws {
        try await rule.run {
            let (store, fixture) = try opened(setup)
            return BatchStoreConformance(fixture, batches: store)
        }
    }

    @Test(arguments: PresetStoreConformance.cases)
    func conformsToPresetRules(rule: ConformanceCase<PresetStoreConformance>) async throws {
        try await rule.run { PresetStoreConformance(store: try SQLiteTaskStore(path: folder.path + "/tasks.sqlite")) }
    }

    @Test(arguments: WebhookStoreConformance.cases + WebhookStoreConformance.timedCases)
    func conformsToWebhookRules(rule: ConformanceCase<WebhookStoreConformance>) async throws {
        let clock = ManualClock()
        try await rule.run {
            WebhookStoreConformance(store: try SQLiteTaskStore(path: folder.path + "/tasks.sqlite", clock: clock), clock: clock)
        }
    }

    @Test(arguments: AuditOutboxConformance.cases)
    func conformsToAuditOutboxRules(rule: ConformanceCase<AuditOutboxConformance>) async throws {
        let path = folder.path + "/tasks.sqlite"
        try await rule.run { AuditOutboxConformance(outbox: try SQLiteTaskStore(path: path)) { try SQLiteTaskStore(path: path) } }
    }

    @Test(arguments: OrphanMarkConformance.cases)
    func conformsToOrphanRules(rule: ConformanceCase<OrphanMarkConformance>) async throws {
        let path = folder.path + "/tasks.sqlite"
        try await rule.run { OrphanMarkConformance(store: try SQLiteTaskStore(path: path)) { try SQLiteTaskStore(path: path) } }
    }

    @Test(arguments: InstallationRecordConformance.cases)
    func conformsToInstallationRules(rule: ConformanceCase<InstallationRecordConformance>) async throws {
        let path = folder.path + "/tasks.sqlite"
        try await rule.run {
            let store = try SQLiteTaskStore(path: path)
            return InstallationRecordConformance(record: store) {
                try SQLiteTaskStore(path: path)
            } fill: {
                _ = try await store.create(Sample.task())
            }
        }
    }

    @Test(arguments: ArchivableStoreConformance.cases)
    func conformsToArchiveRules(rule: ConformanceCase<ArchivableStoreConformance>) async throws {
        try await rule.run {
            let clock = ManualClock()
            let path = folder.path + "/tasks.sqlite"
            let store = try SQLiteTaskStore(path: path, clock: clock)
            let target = try SQLiteTaskStore(path: folder.path + "/restored.sqlite", clock: clock)
            let fixture = TaskStoreFixture(store: store, policy: .standard, clock: clock) { try SQLiteTaskStore(path: path, clock: clock) }
            return .tasks(fixture, source: store, target: target)
        }
    }

    private func fixture(_ setup: Setup) throws -> TaskStoreFixture { try opened(setup).fixture }

    private func opened(_ setup: Setup) throws -> (store: SQLiteTaskStore, fixture: TaskStoreFixture) {
        let path = folder.path + "/tasks.sqlite"
        let policy = setup == .realTime ? TaskPolicy.brief : .standard
        let clock = setup == .realTime ? nil : ManualClock()
        let cached = setup == .withoutCache ? 0 : 2000
        let open = { @Sendable in
            return try SQLiteTaskStore(path: path, policy: policy, clock: (clock as (any WallClock)?) ?? SystemClock(), cached: cached)
        }
        let store = try open()
        return (store, TaskStoreFixture(store: store, policy: policy, clock: clock, reopen: open))
    }
}
