import GRDB
import PixelFlowCore
import PixelFlowEmbedded
import TestSupport
import Testing

@testable import PixelFlowIdentity

@Suite struct AuditIndexTests {
    /// A filter that matches little must not read all entries of the organisation.
    @Test(arguments: [
        (IdentityStore.AuditFilter(), "audit_log_by_organisation (organisation=? AND id<?)"),
        (.init(action: .presetSaved), "audit_log_by_action (organisation=? AND action=? AND id<?)"),
        (.init(actor: "nobody"), "audit_log_by_actor (organisation=? AND actor=? AND id<?)"),
        (.init(action: .presetSaved, actor: "nobody"), "(organisation=? AND act"),
    ])
    func filtersHaveAnIndex(filter: IdentityStore.AuditFilter, index: String) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/auth.sqlite"
        _ = try SQLiteIdentityDatabase(path: path)
        let statement = IdentityStore.statement(of: TenantID("busy"), before: nil, filter, limit: 10).statement
        let plan = try await DatabaseQueue.beside(path).read { database in
            let explanation = try database.makeStatement(sql: "EXPLAIN QUERY PLAN " + statement.sql)
            // The plan does not depend on the values.
            explanation.setUncheckedArguments([])
            return try Row.fetchAll(explanation).map { $0["detail"] as String }
        }
        #expect(plan.count == 1 && plan[0].contains("USING INDEX") && plan[0].contains(index), "\(plan)")
    }
}
