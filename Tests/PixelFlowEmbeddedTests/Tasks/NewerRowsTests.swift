import Conformance
import Foundation
import GRDB
import PixelFlowCore
import TestSupport
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
                try await DatabaseQueue.beside(path).write { database in
                    try database.execute(
                        sql: "UPDATE \(table.name) SET document = CAST(replace(CAST(document AS TEXT), ?, ?) AS BLOB)",
                        arguments: [text, replacement])
                }
            }
        }
    }
}

/// More rows than one call reads.
@Suite struct ManyNewerRowsTests {
    /// What a dispatcher looks for.
    enum Work: CaseIterable {
        case dispatch, turn, lease, event, removal

        fileprivate func prepare(_ task: TaskRecord, in store: SQLiteTaskStore) async throws {
            switch self {
            case .dispatch, .turn: break
            case .lease: _ = try await store.claim(task.id, by: WorkerID("worker"))
            case .event: _ = try await store.cancel(task.id, of: task.tenant)
            case .removal: _ = try await store.delete(task.id, of: task.tenant)
            }
        }

        fileprivate func find(_ limit: Int, in store: SQLiteTaskStore) async throws -> [TaskRecord] {
            switch self {
            case .dispatch: try await store.takeDue(limit: limit)
            case .turn: try await store.takeHeld([HeldQueue(lane: .normal, tenant: ManyNewerRowsTests.tenant): limit])
            case .lease: try await store.expireLeases(limit: limit)
            case .event: try await store.unpublished(olderThan: .zero, limit: limit)
            case .removal: try await store.deleted(limit: limit)
            }
        }
    }

    private static let tenant = TenantID("tenant")

    @Test(arguments: Work.allCases) func noneOfThemHidesWhatIsDue(work: Work) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/tasks.sqlite"
        let clock = ManualClock()
        let store = try SQLiteTaskStore(path: path, clock: clock)
        var ids: [TaskID] = []
        for name in ["newer", "known"] {
            clock.advance(by: .seconds(1))
            var task = TaskRecord(
                id: .make(at: clock.now()), tenant: Self.tenant, owner: UserID("user"), source: .url("https://example.com/cat.jpg"),
                pipeline: Pipeline(outputs: [OutputSpec(name: name)]), fingerprint: "print", requestID: "request", createdAt: clock.now())
            task.dispatch.isHeld = work == .turn
            _ = try await store.create(task)
            try await work.prepare(task, in: store)
            ids.append(task.id)
        }
        try await DatabaseQueue.beside(path).write { [ids] database in
            let columns = try database.columns(in: "task").map(\.name).filter { $0 != "id" }.joined(separator: ", ")
            try database.execute(sql: "UPDATE task SET document = CAST('{}' AS BLOB) WHERE id = ?", arguments: [ids[0].rawValue])
            try database.execute(
                sql: """
                    WITH RECURSIVE copy (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM copy WHERE number < ?)
                    INSERT INTO task (id, \(columns)) SELECT 'copy-' || number, \(columns) FROM task, copy WHERE id = ?
                    """, arguments: [UnreadableRows.mostRows + 100, ids[0].rawValue])
        }
        let older = try SQLiteTaskStore(path: path, clock: clock)
        clock.advance(by: .seconds(3600))
        var found: [TaskID] = []
        for _ in 0..<2 { found += try await work.find(1, in: older).map(\.id) }
        #expect(found == [ids[1]])
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
