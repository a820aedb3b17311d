import Conformance
import GRDB
import PixelFlowCore
import Testing

@testable import PixelFlowEmbedded

/// Databases that an earlier version wrote.
@Suite struct SchemaTests {
    @Test func metadataOfSourcesIsFoundUnderItsNewName() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/tasks.sqlite"
        let store = try SQLiteTaskStore(path: path, clock: SystemClock())
        let task = Sample.task()
        _ = try await store.create(task)
        let claimed = try #require(try await store.claim(task.id, by: WorkerID("worker")))
        var manifest = Sample.manifest(of: claimed)
        // What looks like the name inside a string stays what it is.
        manifest.sourceMetadata.dominantColor = #"a "sourceFacts":1"#
        let done = try #require(try await store.complete(claimed.claim, with: manifest))

        let queue = try DatabaseQueue(path: path)
        try await queue.write { database in
            try database.execute(
                sql: """
                    UPDATE task SET document = CAST(replace(CAST(document AS TEXT), '"sourceMetadata":', '"sourceFacts":') AS BLOB);
                    DELETE FROM grdb_migrations WHERE identifier LIKE '5 %';
                    """)
        }
        try queue.close()

        let reopened = try SQLiteTaskStore(path: path, clock: SystemClock())
        let found = try #require(try await reopened.find(done.id, of: Sample.tenant))
        #expect(found.sourceMetadata == manifest.sourceMetadata)
        #expect(found == done)
    }
}
