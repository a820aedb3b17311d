import AsyncPrimitives
import Deadlines
import Testing

@Suite struct AsyncLatchTests {
    /// The timeout may expire before the caller has started to wait; many attempts, so that this happens.
    @Test func aWaitOfZeroEnds() async throws {
        let latch = AsyncLatch()
        let waits = (0..<500).map { number in Task { await latch.wait(atMost: .microseconds(number % 50)) } }
        for wait in waits { #expect(try await wait.value("the wait to end") == false) }
    }

    @Test func firingAndCancellingEndAWait() async throws {
        let latch = AsyncLatch()
        let cancelled = Task { await latch.wait(atMost: .seconds(600)) }
        cancelled.cancel()
        #expect(try await cancelled.value("the wait to end") == false)
        let waiting = Task { await latch.wait(atMost: .seconds(600)) }
        latch.fire()
        #expect(try await waiting.value("the wait to end"))
        #expect(latch.hasFired)
        #expect(try await within(.testDeadline, "a response") { await latch.wait(atMost: .zero) })
        #expect(try await within(.testDeadline, "a response") { await latch.wait() })
    }
}
