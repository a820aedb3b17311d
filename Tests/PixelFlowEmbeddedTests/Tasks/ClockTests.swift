import Conformance
import PixelFlowCore
import TestSupport
import Testing

@testable import PixelFlowEmbedded

/// The clock of the computer is set back.
@Suite struct ClockTests {
    @Test func whatIsDueStaysDue() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock()
        let store = try SQLiteTaskStore(path: folder.path + "/tasks.sqlite", clock: clock)
        var held = Sample.task(at: clock.now())
        held.dispatch.isHeld = true
        let sent = Sample.task(at: clock.now())
        for task in [held, sent] { _ = try await store.create(task) }
        clock.advance(by: .seconds(-3600))
        #expect(try await store.takeHeld([HeldQueue(lane: held.lane, tenant: held.tenant): 10]).map(\.id) == [held.id])
        #expect(try await store.waiting(longerThan: .zero, limit: 10).contains(sent.id))
    }

    @Test("changes after a restart follow those before it, although the clock was set back in between", arguments: [-3600, -2 * 86_400])
    func changesStayInOrder(seconds: Int64) async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock()
        let path = folder.path + "/tasks.sqlite"
        let store = try SQLiteTaskStore(path: path, clock: clock)
        for tenant in ["a", "b"] {
            clock.advance(by: .seconds(1))
            _ = try await store.create(Sample.task(at: clock.now(), of: TenantID(tenant)))
        }
        let earlier = Sample.task(at: clock.now())
        _ = try await store.create(earlier)
        let sent = try #require(try await store.cancel(earlier.id, of: earlier.tenant)).updatedAt

        clock.advance(by: .seconds(seconds))
        let restarted = try SQLiteTaskStore(path: path, clock: clock)
        let later = Sample.task(at: clock.now())
        _ = try await restarted.create(later)
        let change = try #require(try await restarted.cancel(later.id, of: later.tenant)).updatedAt
        if seconds > -86_400 {
            #expect(change > sent)
        } else {
            // A clock that was wrong by days does not stop time for days.
            #expect(change < clock.now() + .seconds(1))
        }
    }

    @Test("changes after a restore follow those of the backup")
    func changesFollowTheBackup() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock()
        let source = try SQLiteTaskStore(path: folder.path + "/source.sqlite", clock: clock)
        let task = Sample.task(at: clock.now())
        _ = try await source.create(task)
        let sent = try #require(try await source.cancel(task.id, of: task.tenant)).updatedAt
        clock.advance(by: .seconds(-60))
        let target = try SQLiteTaskStore(path: folder.path + "/target.sqlite", clock: clock)
        try await target.beginRestore(of: "b1")
        // bounded: by the rows of the store.
        for try await page in source.archivedRows() { try await target.restore(page, of: "b1") }
        try await target.finishRestore(of: "b1")
        let later = Sample.task(at: clock.now())
        _ = try await target.create(later)
        #expect(try #require(try await target.cancel(later.id, of: later.tenant)).updatedAt > sent)
    }
}
