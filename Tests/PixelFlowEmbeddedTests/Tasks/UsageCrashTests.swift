import Foundation
import PixelFlowCore
import PixelFlowEmbedded
import TestSupport
import Testing

/// Usage and tasks are consistent whenever a process is killed: its files at that moment are what the next process finds.
@Suite struct UsageCrashTests {
    @Test func aKilledProcessLeavesUsageAndTasksConsistent() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/tasks.sqlite"
        let store = try SQLiteTaskStore(path: path)
        try await store.setQuota(Quota(tasksInFlight: 1000), of: Sample.tenant)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for number in 0..<15 { try await Self.live(number, in: store) }
                }
            }
            group.addTask {
                for number in 0..<10 {
                    let copy = folder.path + "/killed-\(number).sqlite"
                    // The log is not checkpointed soon, so the file itself does not change between the two copies.
                    for suffix in ["", "-wal"] { try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix) }
                    try await Self.requireInStep(try SQLiteTaskStore(path: copy))
                }
            }
            try await group.waitForAll()
        }
        try await Self.requireInStep(store)
    }

    /// Brings a task to one of its final states.
    private static func live(_ number: Int, in store: SQLiteTaskStore) async throws {
        let task = Sample.task()
        _ = try await store.create(task)
        if number.isMultiple(of: 3) { return }
        let claimed = try #require(try await store.claim(task.id, by: WorkerID("worker")))
        if number.isMultiple(of: 5) { return }
        _ = try await store.complete(claimed.claim, with: Sample.manifest(of: claimed))
        guard number.isMultiple(of: 2) else { return }
        _ = try await store.delete(task.id, of: Sample.tenant)
    }

    /// The stored numbers match the tasks.
    private static func requireInStep(_ store: SQLiteTaskStore) async throws {
        let beginning = TimelinePosition.beginning
        let tasks = try await store.changes(of: Sample.tenant, after: beginning, limit: 1000)
        let usage = try await store.usage(of: Sample.tenant)
        let here = tasks.filter { $0.deletedAt == nil }
        #expect(usage.now.tasksInFlight == here.filter { $0.status == .pending || $0.status == .processing }.count)
        #expect(usage.now.bytesStored == here.map { $0.uploadedBytes + $0.producedBytes }.reduce(0, +))
        #expect(usage.days.map(\.created).reduce(0, +) == tasks.count)
        #expect(usage.days.map(\.completed).reduce(0, +) == tasks.filter { $0.status == .completed }.count)
    }
}
