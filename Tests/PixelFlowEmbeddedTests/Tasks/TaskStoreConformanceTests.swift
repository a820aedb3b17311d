import Conformance
import PixelFlowCore
import PixelFlowEmbedded
import Testing

@Suite struct TaskStoreConformanceTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: TaskStoreConformance.cases)
    func keepsTheRule(rule: ConformanceCase<TaskStoreConformance>) async throws {
        try await rule.run { try suite(policy: .standard, clock: ManualClock()) }
    }

    /// As a server would be tested, whose clock nobody can move.
    @Test(arguments: TaskStoreConformance.cases)
    func keepsTheRuleInRealTime(rule: ConformanceCase<TaskStoreConformance>) async throws {
        try await rule.run { try suite(policy: .brief, clock: nil) }
    }

    /// Every task read comes from the file, none from the cache.
    @Test(arguments: TaskStoreConformance.cases)
    func keepsTheRuleWithoutCache(rule: ConformanceCase<TaskStoreConformance>) async throws {
        try await rule.run { try suite(policy: .standard, clock: ManualClock(), cached: 0) }
    }

    @Test(arguments: PresetStoreConformance.cases)
    func keepsTheRuleOfPresets(rule: ConformanceCase<PresetStoreConformance>) async throws {
        try await rule.run { PresetStoreConformance(store: try SQLiteTaskStore(path: folder.path + "/tasks.sqlite")) }
    }

    @Test(arguments: OrphanLedgerConformance.cases)
    func keepsTheRuleOfOrphans(rule: ConformanceCase<OrphanLedgerConformance>) async throws {
        let path = folder.path + "/tasks.sqlite"
        try await rule.run { OrphanLedgerConformance(ledger: try SQLiteTaskStore(path: path)) { try SQLiteTaskStore(path: path) } }
    }

    @Test(arguments: InstallationRecordConformance.cases)
    func keepsTheRuleOfInstallations(rule: ConformanceCase<InstallationRecordConformance>) async throws {
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

    private func suite(policy: TaskPolicy, clock: ManualClock?, cached: Int = 2000) throws -> TaskStoreConformance {
        let path = folder.path + "/tasks.sqlite"
        let open = { @Sendable in
            return try SQLiteTaskStore(path: path, policy: policy, clock: (clock as (any WallClock)?) ?? SystemClock(), cached: cached)
        }
        return TaskStoreConformance(store: try open(), policy: policy, clock: clock, reopen: open)
    }
}
