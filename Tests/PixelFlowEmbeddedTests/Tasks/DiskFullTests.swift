import Conformance
import GRDB
import PixelFlowCore
import TestSupport
import Testing

@testable import PixelFlowEmbedded

/// The task store on a full disk.
@Suite struct DiskFullTests {
    let folder: TemporaryFolder
    let path: String
    let store: SQLiteTaskStore

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/tasks.sqlite"
        store = try SQLiteTaskStore(path: path)
    }

    @Test func reportsAnOutageAndKeepsCommittedData() async throws {
        try await limitPages(to: 50)
        var accepted: [TaskID: TaskRecord] = [:]
        var refused: [TaskID] = []
        for (id, record) in try await createMany(400) {
            if let record { accepted[id] = record } else { refused.append(id) }
        }
        #expect(!refused.isEmpty, "the disk never got full")
        for id in refused { #expect(try await store.find(id, of: Sample.tenant) == nil) }
        try await expectSameAfterReopening(accepted)

        try await limitPages(to: 1_000_000)
        for (id, record) in try await createMany(20) {
            #expect(record != nil)
            accepted[id] = record
        }
        try await expectSameAfterReopening(accepted)
    }

    @Test func refusedTransitionsChangeNothing() async throws {
        let tasks = try await createMany(40).compactMap(\.1)
        try await limitPages(to: 1)
        // Enlarges each document by some kilobytes, more than the file has space for.
        let claims = await withTaskGroup(of: (TaskID, TaskRecord?).self) { group in
            for task in tasks {
                let worker = WorkerID(String(repeating: "w", count: 3000))
                group.addTask { (task.id, try? await store.claim(task.id, by: worker)) }
            }
            return await group.reduce(into: [TaskID: TaskRecord?]()) { $0[$1.0] = .some($1.1) }
        }
        #expect(claims.values.contains { $0 == nil }, "the disk never got full")
        try await limitPages(to: 1_000_000)
        var expected: [TaskID: TaskRecord] = [:]
        for task in tasks { expected[task.id] = (claims[task.id] ?? nil) ?? task }
        try await expectSameAfterReopening(expected)
        for task in tasks where expected[task.id] == task {
            #expect(try await store.claim(task.id, by: WorkerID("w"))?.epoch == 1)
        }
    }

    /// Each task with its result; nil if it failed with an outage.
    private func createMany(_ count: Int) async throws -> [(TaskID, TaskRecord?)] {
        try await withThrowingTaskGroup(of: (TaskID, TaskRecord?).self) { group in
            for _ in 0..<count {
                group.addTask {
                    let task = Sample.task()
                    do {
                        guard case .created(let record) = try await store.create(task) else { throw PixelFlowError.notFound("task") }
                        return (task.id, record)
                    } catch let error as PixelFlowError where error.retry == .outage {
                        return (task.id, nil)
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    private func expectSameAfterReopening(_ expected: [TaskID: TaskRecord]) async throws {
        let reopened = try SQLiteTaskStore(path: path)
        for (id, record) in expected {
            #expect(try await store.find(id, of: Sample.tenant) == record)
            #expect(try await reopened.find(id, of: Sample.tenant) == record)
        }
        #expect(try await reopened.statistics(of: Sample.tenant).counts.values.reduce(0, +) == expected.count)
    }

    private func limitPages(to count: Int) async throws {
        try await store.database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = \(count)") }
    }
}
