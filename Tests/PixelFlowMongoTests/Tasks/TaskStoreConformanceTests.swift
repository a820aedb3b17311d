import Conformance
import PixelFlowCore
import PixelFlowMongo
import Testing

/// The rules of the ports, kept by MongoDB. One after the other, because the rules are about time and a server that
/// stands in for MongoDB is slow when it has much to do.
@Suite(.enabled(if: TestServer.isThere, TestServer.absence))
struct TaskStoreConformanceTests {
    /// Judged by the server's clock, as in production.
    @Test(.serialized, arguments: TaskStoreConformance.cases)
    func keepsTheRule(rule: ConformanceCase<TaskStoreConformance>) async throws {
        try await TestDatabase.with { database in
            try await rule.run {
                TaskStoreConformance(store: try database.store(policy: .brief), policy: .brief, clock: nil) {
                    try database.store(policy: .brief)
                }
            }
        }
    }

    /// Judged by a clock that the test moves, for the rules that take hours.
    @Test(.serialized, arguments: TaskStoreConformance.cases)
    func keepsTheRuleByAManualClock(rule: ConformanceCase<TaskStoreConformance>) async throws {
        try await TestDatabase.with { database in
            let clock = ManualClock()
            try await rule.run {
                TaskStoreConformance(store: try database.store(clock: clock), policy: .standard, clock: clock) {
                    try database.store(clock: clock)
                }
            }
        }
    }

    @Test(.serialized, arguments: PresetStoreConformance.cases)
    func keepsTheRuleOfPresets(rule: ConformanceCase<PresetStoreConformance>) async throws {
        try await TestDatabase.with { database in
            try await rule.run { PresetStoreConformance(store: try database.store()) }
        }
    }

    @Test(.serialized, arguments: OrphanLedgerConformance.cases)
    func keepsTheRuleOfOrphans(rule: ConformanceCase<OrphanLedgerConformance>) async throws {
        try await TestDatabase.with { database in
            try await rule.run { OrphanLedgerConformance(ledger: try database.store()) { try database.store() } }
        }
    }

    @Test(.serialized, arguments: InstallationRecordConformance.cases)
    func keepsTheRuleOfInstallations(rule: ConformanceCase<InstallationRecordConformance>) async throws {
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
}
