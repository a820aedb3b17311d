import PixelFlowCore
import Testing

@testable import PixelFlowMongo

@Suite(.enabled(if: TestServer.isThere, TestServer.absence))
struct IndexTests {
    @Test func theFirstCommandWaitsForRequiredIndexesOnly() async throws {
        try await TestDatabase.with { database in
            let store = try database.store()
            try await store.check()
            #expect(try await names(store) == ["_id_", "delivery_by_slot", "task_by_idempotency_key", "task_in_batch_by_end"])
            try await store.buildIndexes { Issue.record("\($0)") }
            let all = TaskIndexes.all.flatMap(\.indexes).compactMap { $0["name"]?.string }
            #expect(try await names(store) == Set(all + ["_id_"]))
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
