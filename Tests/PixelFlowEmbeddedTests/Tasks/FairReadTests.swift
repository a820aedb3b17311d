import Conformance
import Foundation
import GRDB
import PixelFlowCore
import Synchronization
import TestSupport
import Testing

@testable import PixelFlowEmbedded

/// Reads of one tenant cannot block those of another.
@Suite struct FairReadTests {
    let folder: TemporaryFolder
    let store: SQLiteTaskStore
    private static let few = TenantID("few")
    private static let many = TenantID("many")

    init() throws {
        folder = try TemporaryFolder()
        store = try SQLiteTaskStore(path: folder.path + "/tasks.sqlite", cached: 0)
    }

    /// Requests 40 lists of large tasks, then one task of another tenant, which is returned long before the lists are complete.
    @Test(.timeLimit(.minutes(3))) func aReadOvertakesTheManyOfAnotherTenant() async throws {
        for _ in 0..<10 { _ = try await store.create(task(of: Self.many)) }
        let mine = task(of: Self.few)
        _ = try await store.create(mine)
        let done = Count()
        let store = store
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    _ = try await store.list(TaskQuery(tenant: Self.many, limit: 10))
                    done.add()
                }
            }
            _ = try await eventually(within: .seconds(60), "lists to wait") { store.waitingReads >= 10 ? true : nil }
            for _ in 0..<2 { #expect(try await store.find(mine.id, of: Self.few)?.id == mine.id) }
            #expect(done.value < 38, "the other tenant had to be done first")
            try await group.waitForAll()
        }
        #expect(done.value == 40)
    }

    @Test func readsBeyondTheQueueLimitAreRefused() async throws {
        let limits = FairSemaphoreLimits(permits: 1, permitsOfOneKey: 1, waiting: 4, waitingOfOneKey: 4)
        let store = try SQLiteTaskStore(path: folder.path + "/tasks.sqlite", cached: 0, readLimits: limits)
        for _ in 0..<20 { _ = try await store.create(task(of: Self.many)) }
        let codes = await withTaskGroup(of: PixelFlowError?.self) { group in
            for _ in 0..<30 {
                group.addTask {
                    do {
                        _ = try await store.list(TaskQuery(tenant: Self.many, limit: 20))
                        return nil
                    } catch {
                        return error as? PixelFlowError
                    }
                }
            }
            return await group.reduce(into: [PixelFlowError?]()) { $0.append($1) }
        }
        let refused = codes.compactMap { $0 }
        #expect(!refused.isEmpty)
        #expect(refused.count < 30)
        #expect(refused.allSatisfy { $0.code == "task_database_busy" && $0.kind == .unavailable && $0.retryAfter == 1 })
    }

    @Test func servicesForAllTenantsWaitForNoTurn() async throws {
        let limits = FairSemaphoreLimits(permits: 1, permitsOfOneKey: 1, waiting: 1, waitingOfOneKey: 1)
        let store = try SQLiteTaskStore(path: folder.path + "/tasks.sqlite", cached: 0, readLimits: limits)
        let mine = task(of: Self.many)
        _ = try await store.create(mine)
        let (turn, turnBegan) = AsyncStream.makeStream(of: Void.self)
        let (end, mayEnd) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await store.read(for: Self.many) { _ in
                } decode: { _ in
                    turnBegan.finish()
                    try await end.end("the other reads")
                }
            }
            try await turn.end("the tenant's turn to begin")
            let found = try await TenantTurn.waived {
                // Child tasks as well.
                async let task = store.find(mine.id, of: Self.many)
                _ = try await store.webhook(WebhookID("none"), of: Self.many)
                return try await task
            }
            #expect(found?.id == mine.id)
            mayEnd.finish()
            try await group.waitForAll()
        }
    }

    @Test func aCancelledCallerReadsNothing() async throws {
        for _ in 0..<40 { _ = try await store.create(task(of: Self.many)) }
        let store = store
        let reading = Task { try await store.list(TaskQuery(tenant: Self.many, limit: 40)) }
        reading.cancel()
        await #expect(throws: CancellationError.self) { _ = try await reading.value("the read") }
    }

    /// The search of an idle worker reads no documents.
    @Test func waitingTasksAreFoundWithoutDecodingDocuments() async throws {
        let pending = task(of: Self.many)
        _ = try await store.create(pending)
        try await store.database.writeWithoutTransaction { try $0.execute(sql: "UPDATE task SET document = x'00'") }
        #expect(try await store.waiting(longerThan: .zero, limit: 10) == [pending.id])
    }

    private func task(of tenant: TenantID) -> TaskRecord {
        let now = SystemClock().now()
        let output = OutputSpec(
            name: "image", operations: Array(repeating: .resize(.init(width: 1600, height: 1600, fit: .inside)), count: 8))
        return TaskRecord(
            id: TaskID.make(at: now), tenant: tenant, owner: UserID("user"), source: .url("https://example.org/a.jpg"),
            pipeline: Pipeline(outputs: [output]), fingerprint: "print", requestID: "request", createdAt: now)
    }
}

private final class Count: Sendable {
    private let count = Mutex(0)
    func add() { count.withLock { $0 += 1 } }
    var value: Int { count.withLock { $0 } }
}
