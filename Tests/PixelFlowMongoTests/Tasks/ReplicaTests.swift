import PixelFlowCore
import PixelFlowMongo
import Testing

/// Several processes on one database, represented by stores that share nothing else.
@Suite(.serialized, .enabled(if: TestServer.isThere, TestServer.absence))
struct ReplicaTests {
    @Test func oneOfManyConcurrentClaimsWins() async throws {
        try await TestDatabase.with { database in
            let stores = try (0..<4).map { _ in try database.store() }
            for store in stores { try await store.check() }
            for _ in 0..<10 {
                let task = try await stores[0].add()
                let claims = try await withThrowingTaskGroup(of: TaskRecord?.self) { group in
                    for (number, store) in (stores + stores + stores).enumerated() {
                        group.addTask { try await store.claim(task.id, by: WorkerID("worker-\(number)")) }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(claims.compactMap(\.self).count == 1)
            }
        }
    }

    @Test func aStaleWorkerCacheIsDetected() async throws {
        try await TestDatabase.with { database in
            let (worker, api) = (try database.store(), try database.store())
            let claimed = try await worker.addClaimed()
            _ = try await api.cancel(claimed.id, of: Sample.tenant)
            #expect(try await worker.renew(claimed.claim) == .cancelRequested)
            let ended = try #require(try await worker.release(claimed.claim))
            #expect(ended.status == .cancelled)
            #expect(ended.history.map(\.epoch) == [0, 1, 1])
            #expect(try await api.find(claimed.id, of: Sample.tenant) == ended)
        }
    }

    /// A full history has no room for a claim, which the server writes on its own.
    @Test func claimsContinueWhenTheHistoryIsFull() async throws {
        try await TestDatabase.with { database in
            let store = try database.store()
            let task = try await store.add()
            for epoch in 1...40 {
                let claimed = try #require(try await store.claim(task.id, by: Sample.worker))
                #expect(claimed.epoch == epoch)
                _ = try #require(try await store.release(claimed.claim))
            }
            let end = try #require(try await store.find(task.id, of: Sample.tenant))
            #expect(end.history.count == TaskStateMachine.historyLimit)
            #expect(end.history.first?.reason == "created")
            #expect(end.history.last?.epoch == 40)
        }
    }

    @Test func everyPartOfATaskIsKept() async throws {
        try await TestDatabase.with { database in
            let store = try database.store()
            let made = try await store.add(Sample.task(key: "$key.with.dots", source: .url("https://example.org/ü?$a=1")))
            let claimed = try #require(try await store.claim(made.id, by: Sample.worker))
            var manifest = Sample.manifest(of: claimed)
            manifest.fetchedSource = StoredSource(key: .fetchedSource(of: claimed), bytes: 7, sha256: "dd", contentType: "image/png")
            manifest.sourceMetadata.dominantColor = "#aabbcc"
            manifest.sourceMetadata.hasAlpha = true
            manifest.outputs.append(TaskOutput(name: "hero", error: TaskError(code: "output_too_large", message: "Too large.")))
            let done = try #require(try await store.complete(claimed.claim, with: manifest))
            #expect(done.fetchedSource == manifest.fetchedSource)
            #expect(try await database.store().find(made.id, of: Sample.tenant) == done)
        }
    }
}
