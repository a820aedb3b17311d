import AsyncPrimitives
import Deadlines
import Testing

@Suite struct WakeSignalTests {
    @Test func wakeUpsBeforeAWaitAreOne() async throws {
        let signal = WakeSignal()
        for _ in 0..<3 { signal.wake() }
        #expect(try await next(signal))
        let second = startWait(signal)
        second.cancel()
        #expect(try await second.value("the cancelled wait") == false)
        signal.wake()
        signal.discard()
        let third = startWait(signal)
        signal.finish()
        #expect(try await third.value("the end") == false)
    }

    @Test func aWakeUpEndsAWaitInProgress() async throws {
        let signal = WakeSignal()
        for limit in [nil, .seconds(600)] as [Duration?] {
            let wait = limit.map { limit in Task { await signal.wait(atMost: limit) } } ?? startWait(signal)
            signal.wake()
            #expect(try await wait.value("the wake-up"))
        }
    }

    @Test func theLimitEndsAWait() async throws {
        let signal = WakeSignal()
        #expect(try await within(.testDeadline, "the limit") { await signal.wait(atMost: .milliseconds(1)) })
        signal.finish()
        #expect(try await within(.testDeadline, "the end") { await signal.wait(atMost: .seconds(600)) } == false)
    }

    /// Unlike a stream, which ends with the task that reads it.
    @Test func aSignalSurvivesACancelledWait() async throws {
        let signal = WakeSignal()
        let cancelled = startWait(signal)
        cancelled.cancel()
        #expect(try await cancelled.value("the cancelled wait") == false)
        signal.wake()
        #expect(try await next(signal))
    }

    private func startWait(_ signal: WakeSignal) -> Task<Bool, Never> {
        // bounded: by the callers, who limit the time of the task.
        Task { await signal.wait() }
    }

    private func next(_ signal: WakeSignal) async throws -> Bool {
        try await within(.testDeadline, "a wake-up") { await signal.wait(atMost: .seconds(600)) }
    }
}
