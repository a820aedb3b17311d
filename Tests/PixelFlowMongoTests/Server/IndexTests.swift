import Conformance
import PixelFlowCore
import Testing

@testable import PixelFlowMongo

@Suite(.enabled(if: TestServer.isThere, TestServer.absence))
struct IndexTests {
    @Test func theFirstCommandWaitsForRequiredIndexesOnly() async throws {
        try await TestDatabase.with { database in
            let store = try database.store()
            try await store.check()
            #expect(
                try await names(store)
                    == ["_id_", "delivery_by_slot", "webhook_by_slot", "task_by_idempotency_key", "task_in_batch_by_end"])
            try await store.buildIndexes { Issue.record("\($0)") }
            #expect(try await names(store) == Self.all)
        }
    }

    private static let all = Set(TaskIndexes.all.flatMap(\.indexes).compactMap { $0["name"]?.string } + ["_id_"])

    /// While the service runs, without a restart.
    @Test func indexesOfAnEmptiedDatabaseAreCreatedAgain() async throws {
        try await TestDatabase.with { database in
            let store = try database.store()
            let keeping = Task { try await store.keepIndexes(checkedEvery: .milliseconds(10)) { Issue.record("\($0)") } }
            try await eventually("all indexes") { try await names(store) == Self.all ? true : nil }
            try await store.drop()
            try await eventually("all indexes once more") { try await names(store) == Self.all ? true : nil }
            _ = try await store.tasks.database.run(
                .prepare, ["dropIndexes": .string(TaskDocument.collection), "index": "task_by_status"])
            try await eventually("the dropped index") { try await names(store) == Self.all ? true : nil }
            keeping.cancel()
            // bounded: by the cancellation.
            await #expect(throws: CancellationError.self) { try await keeping.value }
        }
    }

    @Test func existingIndexesAreNotCreatedAgain() async throws {
        try await TestProxy.with { proxy, store, _ in
            try await store.buildIndexes { Issue.record("\($0)") }
            let log = CommandLog(proxy)
            let commands = try await log.commands { try await store.buildIndexes { Issue.record("\($0)") } }
            #expect(Set(commands.compactMap { $0.fields.first?.name }) == ["listIndexes"])
            #expect(commands.count == TaskIndexes.all.count)
        }
    }

    /// The names of the indexes of all existing collections.
    private func names(_ store: MongoTaskStore) async throws -> Set<String> {
        var names: Set<String> = []
        let database = store.tasks.database
        let collections = try await database.documents(.diagnose, ["listCollections": 1]).compactMap { $0["name"]?.string }
        for collection in collections {
            names.formUnion(
                try await database.documents(.diagnose, ["listIndexes": .string(collection)]).compactMap { $0["name"]?.string })
        }
        return names
    }
}
