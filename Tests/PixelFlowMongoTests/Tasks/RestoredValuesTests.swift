import PixelFlowCore
import Testing

@testable import PixelFlowMongo

/// Values in a backup that no store has written.
@Suite(.serialized, .enabled(if: TestServer.isThere, TestServer.absence))
struct RestoredValuesTests {
    @Test(
        "a number that is out of range is refused, with its place",
        arguments: [
            ("task", ["_id": "t", "created_at": .int(Int64.max)], ["task.created_at"]),
            ("task", ["_id": "t", "lease": ["until": [.double(1e18)]]], ["task.lease"]),
            (
                "organisation",
                ["_id": "t", "version": .int(Int64.max), "quota": ["retention_days": 9_000_000_000_000_000_000], "reserved": []],
                ["organisation.quota"]
            ),
            (
                "organisation", ["_id": "t", "version": 1, "quota": ["retention_days": 36_501], "reserved": []],
                ["organisation", "retention_days"]
            ),
        ] as [(String, BSONDocument, [String])])
    func refuses(collection: String, document: BSONDocument, words: [String]) async throws {
        try await TestDatabase.with { database in
            let store = try database.store()
            try await store.beginRestore(of: "b1")
            let row = ArchiveRow(table: collection, values: [.bytes(document.encoded())])
            let error = await #expect(throws: PixelFlowError.self) { try await store.restore([row], of: "b1") }
            #expect(error?.code == "archive_row_invalid")
            for word in words { #expect(error?.message.contains(word) == true, "\(error?.message ?? "")") }
        }
    }

    @Test("versions, which are drawn, may be any number")
    func acceptsVersions() async throws {
        try await TestDatabase.with { database in
            let store = try database.store()
            try await store.beginRestore(of: "b1")
            let document: BSONDocument = ["_id": "t", "version": .int(Int64.max), "quota": ["retention_days": 36_500], "reserved": []]
            try await store.restore([ArchiveRow(table: "organisation", values: [.bytes(document.encoded())])], of: "b1")
            try await store.finishRestore(of: "b1")
            #expect(try await store.quota(of: TenantID("t")).retentionDays == 36_500)
        }
    }
}
