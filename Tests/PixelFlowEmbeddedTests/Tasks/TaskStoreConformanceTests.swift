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

    private func suite(policy: TaskPolicy, clock: ManualClock?, cached: Int = 2000) throws -> TaskStoreConformance {
        let path = folder.path + "/tasks.sqlite"
        let open = { @Sendable in
            return try SQLiteTaskStore(path: path, policy: policy, clock: (clock as (any WallClock)?) ?? SystemClock(), cached: cached)
        }
        return TaskStoreConformance(store: try open(), policy: policy, clock: clock, reopen: open)
    }
}
