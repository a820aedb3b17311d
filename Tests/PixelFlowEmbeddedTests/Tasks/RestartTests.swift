import Conformance
import Foundation
import PixelFlowCore
import PixelFlowEmbedded
import TestSupport
import Testing

/// How a store handles tasks that a killed process has left behind.
@Suite struct RestartTests {
    let folder: TemporaryFolder
    let clock = ManualClock()
    let store: SQLiteTaskStore

    init() throws {
        folder = try TemporaryFolder()
        store = try SQLiteTaskStore(path: folder.path + "/tasks.sqlite", clock: clock)
    }

    @Test func reclaimsTasksImmediately() async throws {
        let claimed = try await addClaimed()
        let restarted = try await restart()
        let task = try #require(try await restarted.find(claimed.id, of: Sample.tenant))
        #expect(task.status == .pending)
        #expect(task.losses == 1)
        #expect(task.attempts == 0)
        #expect(try await restarted.takeDue(limit: 10).map(\.id) == [claimed.id])
        #expect(try await restarted.complete(claimed.claim, with: Sample.manifest(of: claimed)) == nil)
        #expect(try await restarted.claim(claimed.id, by: WorkerID("second"))?.epoch == 2)
    }

    @Test func redispatchesTasksTheBrokerHasLost() async throws {
        let task = try await add()
        clock.advance(by: .seconds(6))
        let taken = try await store.takeDue(limit: 10)
        #expect(taken.map(\.id) == [task.id])
        // The broker has acknowledged it: without the restart, it would be trusted for 15 minutes.
        try await store.acknowledge(taken.map { DispatchMessage($0) })
        #expect(try await restart().takeDue(limit: 10).map(\.id) == [task.id])
    }

    @Test func keepsTheDueTimeOfARetry() async throws {
        let claimed = try await addClaimed()
        let failure = TaskFailure(error: TaskError(code: "timeout", message: "Slow."), retry: .transient)
        let waiting = try #require(try await store.fail(claimed.claim, with: failure))
        let restarted = try await restart()
        #expect(try await restarted.find(waiting.id, of: Sample.tenant) == waiting)
        #expect(waiting.dispatch.due == waiting.nextRunAt)
    }

    @Test func doesNotTouchFinalAndDeletedTasks() async throws {
        let claimed = try await addClaimed()
        let done = try #require(try await store.complete(claimed.claim, with: Sample.manifest(of: claimed)))
        let cancelled = try #require(try await store.cancel(try await add().id, of: Sample.tenant))
        let deleted = try await addClaimed()
        _ = try await store.delete(deleted.id, of: Sample.tenant)
        let restarted = try await restart()
        #expect(try await restarted.find(done.id, of: Sample.tenant) == done)
        #expect(try await restarted.find(cancelled.id, of: Sample.tenant) == cancelled)
        #expect(try await restarted.takeDue(limit: 10).isEmpty)
        #expect(try await restarted.deleted(limit: 10).map(\.id) == [deleted.id])
    }

    @Test func completesPendingCancellations() async throws {
        let claimed = try await addClaimed()
        _ = try await store.cancel(claimed.id, of: Sample.tenant)
        let restarted = try await restart()
        #expect(try await restarted.find(claimed.id, of: Sample.tenant)?.status == .cancelled)
    }

    @Test func failsATaskThatIsLostEveryTime() async throws {
        let task = try await add()
        for loss in 1...TaskPolicy.standard.maxLosses {
            #expect(try await store.claim(task.id, by: WorkerID("worker"))?.epoch == loss)
            try await store.recoverAfterRestart()
        }
        let failed = try #require(try await store.find(task.id, of: Sample.tenant))
        #expect(failed.status == .failed)
        #expect(failed.error?.code == "worker_lost")
    }

    @Test func namesAFileThatIsNotADatabase() async throws {
        let path = folder.path + "/not-a-database"
        try String(repeating: "This is not a database. ", count: 100).write(toFile: path, atomically: true, encoding: .utf8)
        let error = #expect(throws: PixelFlowError.self) { try SQLiteTaskStore(path: path) }
        #expect(error?.message.contains(path) == true)
    }

    private func restart() async throws -> SQLiteTaskStore {
        // The first change of the new process is later than the last one of this.
        clock.advance(by: .milliseconds(1))
        let restarted = try SQLiteTaskStore(path: folder.path + "/tasks.sqlite", clock: clock)
        try await restarted.recoverAfterRestart()
        return restarted
    }

    private func add() async throws -> TaskRecord {
        guard case .created(let task) = try await store.create(Sample.task(at: clock.now())) else {
            throw PixelFlowError.notFound("task")
        }
        return task
    }

    private func addClaimed() async throws -> TaskRecord {
        try #require(try await store.claim(try await add().id, by: WorkerID("first")))
    }
}
