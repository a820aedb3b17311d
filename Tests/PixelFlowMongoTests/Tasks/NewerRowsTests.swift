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
