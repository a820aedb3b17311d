import AsyncPrimitives
import Deadlines
import Testing

private struct Late: Error {}
private struct Broken: Error {}

@Suite struct TimeLimitTests {
    @Test func aBodyThatEndsInTimeDecides() async throws {
        #expect(try await cancelling(after: .seconds(600), throwing: Late()) { 1 } == 1)
        #expect(try await abandoning(after: .seconds(600), throwing: Late()) { 1 } == 1)
        await #expect(throws: Broken.self) { try await cancelling(after: .seconds(600), throwing: Late()) { throw Broken() } }
        await #expect(throws: Broken.self) { try await abandoning(after: .seconds(600), throwing: Late()) { throw Broken() } }
    }

    @Test func cancellingWaitsUntilTheBodyHasStopped() async throws {
        let stopped = AsyncLatch()
        let task = Task {
            try await cancelling(after: .milliseconds(1), throwing: Late()) {
                try? await Task.sleep(for: .seconds(600))
                stopped.fire()
            }
        }
        await #expect(throws: Late.self) { try await task.value("the limit") }
        #expect(stopped.hasFired)
    }

    @Test func abandoningDoesNotWaitForABodyThatIgnoresCancellation() async throws {
        let (goOn, ended) = (AsyncLatch(), AsyncLatch())
        let task = Task {
            try await abandoning(after: .milliseconds(1), throwing: Late()) {
                await uncancellable(goOn)
                #expect(Task.isCancelled)
                ended.fire()
            }
        }
        await #expect(throws: Late.self) { try await task.value("the limit") }
        #expect(!ended.hasFired)
        goOn.fire()
        #expect(await ended.wait(atMost: .testDeadline))
    }

    @Test func anAbandonedBodyMayGoOnForSomeTime() async throws {
        let (abandoned, cancelled) = (AsyncLatch(), AsyncLatch())
        let task = Task {
            try await abandoning(after: .milliseconds(1), cancellingAfter: .milliseconds(50), throwing: Late()) {
                #expect(await abandoned.wait(atMost: .testDeadline))
                try? await Task.sleep(for: .seconds(600))
                cancelled.fire()
            }
        }
        await #expect(throws: Late.self) { try await task.value("the limit") }
        abandoned.fire()
        #expect(await cancelled.wait(atMost: .testDeadline))
    }

    @Test(arguments: [false, true]) func cancellingTheCallerCancelsTheBody(isAbandoned: Bool) async throws {
        let (started, cancelled) = (AsyncLatch(), AsyncLatch())
        let body: @Sendable () async throws -> Void = {
            started.fire()
            defer { cancelled.fire() }
            try await Task.sleep(for: .seconds(600))
        }
        let task = Task {
            if isAbandoned {
                try await abandoning(after: .seconds(600), throwing: Late(), body)
            } else {
                try await cancelling(after: .seconds(600), throwing: Late(), body)
            }
        }
        #expect(await started.wait(atMost: .testDeadline))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value("the cancelled") }
        #expect(await cancelled.wait(atMost: .testDeadline))
    }
}

private func uncancellable(_ latch: AsyncLatch) async {
    // bounded: by the test, which fires the latch.
    await Task { _ = await latch.wait() }.value
}
