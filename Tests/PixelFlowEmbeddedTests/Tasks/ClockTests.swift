import Conformance
import PixelFlowCore
import TestSupport
import Testing

@testable import PixelFlowEmbedded

/// The clock of the computer is set back while the process runs.
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
}
