import Conformance
import Foundation
import PixelFlowCore
import Testing

@testable import PixelFlowMongo

@Suite(.enabled(if: TestServer.isThere, TestServer.absence))
struct NewerRowsTests {
    @Test(.serialized, arguments: NewerRowsConformance.cases)
    func conforms(rule: ConformanceCase<NewerRowsConformance>) async throws {
        try await TestDatabase.with { database in
            let clock = ManualClock()
            try await rule.run {
                NewerRowsConformance(clock: clock) {
                    try database.store(clock: clock)
                } rewrite: { table, text, replacement in
                    let tasks = try database.store(clock: clock).tasks
                    for row in try await tasks.rows(.find, in: table.collection, where: [:], limit: 1000) {
                        let changed = row.replacing(text, with: replacement)
                        guard changed != row else { continue }
                        let set = BSONDocument(changed.fields.filter { $0.name != "_id" })
                        let id = try #require(row["_id"])
                        try await tasks.update(.change, in: table.collection, [.statement(where: ["_id": id], ["$set": .document(set)])])
                    }
                }
            }
        }
    }

    @Test func aQuotaThatCannotBeReadHoldsUpNoRetention() async throws {
        try await TestDatabase.with { database in
            let clock = ManualClock(start: SystemClock().now())
            let store = try database.store(clock: clock)
            let tenants = (1...3).map { TenantID("tenant-\($0)") }
            for tenant in tenants {
                let task = try await store.add(Sample.task(of: tenant))
                _ = try await store.cancel(task.id, of: tenant)
                try await store.setQuota(Quota(retentionDays: 1), of: tenant)
            }
            let damage = BSONDocument.statement(
                where: OrganisationDocument.filter(tenants[1]), ["$set": [OrganisationDocument.Name.reserved: .string("none")]])
            try await store.tasks.update(.change, in: OrganisationDocument.collection, [damage])
            clock.advance(by: .seconds(2 * 86_400))
            let other = try database.store(clock: clock)
            #expect(try await other.pastRetention(after: nil, limit: 10).tasks.map(\.tenant) == [tenants[0], tenants[2]])
            let error = await #expect(throws: PixelFlowError.self) { try await other.quota(of: tenants[1]) }
            #expect(error?.code == "task_database_unavailable")
        }
    }
}

extension NewerRowsConformance.Table {
    fileprivate var collection: String {
        switch self {
        case .tasks: TaskDocument.collection
        case .webhooks: WebhookDocument.endpoints
        case .deliveries: WebhookDocument.deliveries
        case .batches: BatchDocument.collection
        case .presets: PresetDocument.collection
        case .audit: "audit_outbox"
        }
    }
}

extension BSONDocument {
    fileprivate func replacing(_ text: String, with replacement: String) -> BSONDocument {
        BSONDocument(fields.map { Field(name: $0.name, value: $0.value.replacing(text, with: replacement)) })
    }
}

extension BSONValue {
    fileprivate func replacing(_ text: String, with replacement: String) -> BSONValue {
        switch self {
        case .string(let value): .string(value.replacingOccurrences(of: text, with: replacement))
        case .document(let document): .document(document.replacing(text, with: replacement))
        case .array(let values): .array(values.map { $0.replacing(text, with: replacement) })
        default: self
        }
    }
}
