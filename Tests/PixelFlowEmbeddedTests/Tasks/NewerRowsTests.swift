import Conformance
import Foundation
import GRDB
import PixelFlowCore
import Testing

@testable import PixelFlowEmbedded

@Suite struct NewerRowsTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: NewerRowsConformance.cases)
    func conforms(rule: ConformanceCase<NewerRowsConformance>) async throws {
        let path = folder.path + "/tasks.sqlite"
        let clock = ManualClock()
        try await rule.run {
            NewerRowsConformance(clock: clock) {
                try SQLiteTaskStore(path: path, clock: clock)
            } rewrite: { table, text, replacement in
                try await DatabaseQueue(path: path).write { database in
                    try database.execute(
                        sql: "UPDATE \(table.name) SET document = CAST(replace(CAST(document AS TEXT), ?, ?) AS BLOB)",
                        arguments: [text, replacement])
                }
            }
        }
    }
}

extension NewerRowsConformance.Table {
    fileprivate var name: String {
        switch self {
        case .tasks: "task"
        case .webhooks: "webhook"
        case .deliveries: "webhook_delivery"
        case .batches: "batch"
        case .presets: "preset"
        case .audit: "audit_outbox"
        }
    }
}
