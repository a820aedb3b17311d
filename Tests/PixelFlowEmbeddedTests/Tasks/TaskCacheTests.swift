import Conformance
import PixelFlowCore
import TestSupport
import Testing

@testable import PixelFlowEmbedded

@Suite struct TaskCacheTests {
    @Test func evictsTheOldestBeyondItsCapacity() {
        let cache = TaskCache(capacity: 3)
        let tasks = (0..<5).map { Sample.task(at: Timestamp(microseconds: $0 * 1000)) }
        for task in tasks { cache.put([task]) }
        #expect(tasks.map { cache.task($0.id) != nil } == [false, false, true, true, true])
    }

    @Test func keepsTheLatestState() {
        let cache = TaskCache(capacity: 2)
        var task = Sample.task()
        for revision in 1...10 {
            task.revision = revision
            cache.hide([task.id])
            #expect(cache.task(task.id) == nil)
            cache.put([task])
        }
        let other = Sample.task()
        cache.put([other])
        #expect(cache.task(task.id)?.revision == 10)
        #expect(cache.task(other.id) == other)
    }

    @Test func isEmptyWithoutCapacity() {
        let cache = TaskCache(capacity: 0)
        let task = Sample.task()
        cache.put([task])
        #expect(cache.task(task.id) == nil)
    }

    /// A client that has seen a state in a list must not get an older one afterwards.
    @Test(arguments: [0, 1, 3, 2000])
    func isNeverOlderThanTheDatabase(capacity: Int) async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteTaskStore(path: folder.path + "/tasks.sqlite", cached: capacity)
        var ids: [TaskID] = []
        for _ in 0..<6 {
            let task = Sample.task()
            ids.append(task.id)
            _ = try await store.create(task)
        }
        let tasks = ids
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<4 { group.addTask { try await churn(tasks, in: store, by: WorkerID("\(worker)")) } }
            for _ in 0..<4 { group.addTask { try await watch(store) } }
            try await group.waitForAll()
        }
        for id in tasks {
            let found = try #require(try await store.find(id, of: Sample.tenant))
            let listed = try await store.list(TaskQuery(tenant: Sample.tenant)).tasks.first { $0.id == id }
            #expect(found == listed)
        }
        withExtendedLifetime(folder) {}
    }

    private func churn(_ tasks: [TaskID], in store: SQLiteTaskStore, by worker: WorkerID) async throws {
        for _ in 0..<25 {
            for id in tasks {
                guard let claimed = try await store.claim(id, by: worker) else { continue }
                // After a write has returned, the next read sees it, regardless of later writes.
                let found = try #require(try await store.find(id, of: Sample.tenant))
                #expect(found.revision >= claimed.revision)
                _ = try await store.release(claimed.claim)
            }
        }
    }

    private func watch(_ store: SQLiteTaskStore) async throws {
        for _ in 0..<100 {
            for listed in try await store.list(TaskQuery(tenant: Sample.tenant)).tasks {
                let found = try #require(try await store.find(listed.id, of: Sample.tenant))
                #expect(found.revision >= listed.revision)
                #expect(found.epoch >= listed.epoch)
            }
        }
    }
}
