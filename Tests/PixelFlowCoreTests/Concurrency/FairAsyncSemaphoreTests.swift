import Deadlines
import Synchronization
import Testing

@testable import PixelFlowCore

/// Counts running operations.
final class Running: Sendable {
    private let counts = Mutex((now: 0, most: 0, done: 0))

    func begin() {
        counts.withLock { counts in
            counts.now += 1
            counts.most = max(counts.most, counts.now)
        }
    }

    func end() {
        counts.withLock { counts in
            counts.now -= 1
            counts.done += 1
        }
    }

    var most: Int { counts.withLock { $0.most } }
    var done: Int { counts.withLock { $0.done } }
}

@Suite struct FairAsyncSemaphoreTests {
    private let limits = FairSemaphoreLimits(permits: 2, permitsOfOneKey: 1, waiting: 3, waitingOfOneKey: 2)

    /// Holds a permit until the gate is opened. The permit is held on return, because tasks start in any order.
    private func hold(
        _ key: String, of semaphore: FairAsyncSemaphore<String>
    ) async throws -> (holder: Task<Void, any Error>, opener: AsyncStream<Void>.Continuation) {
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let (held, holds) = AsyncStream.makeStream(of: Void.self)
        let holder = Task {
            try await semaphore.withPermit(key) {
                holds.finish()
                try await gate.end("the gate to open")
            }
        }
        try await held.end("the permit")
        return (holder, opener)
    }

    @Test func aNewKeyOvertakesABusyOne() async throws {
        let semaphore = FairAsyncSemaphore<String>(limits: limits, waitTimeout: .seconds(60))
        let (first, opener) = try await hold("a", of: semaphore)
        let second = Task { try await semaphore.withPermit("a") {} }
        try await eventually("the second to wait") { semaphore.waiting == 1 }
        try await semaphore.withPermit("b") {}
        #expect(semaphore.waiting == 1)
        opener.finish()
        try await first.value("the first")
        try await second.value("the second")
        #expect(semaphore.waiting == 0)
    }

    @Test func waitersPastTheTimeOrQueueLimitAreRefused() async throws {
        let semaphore = FairAsyncSemaphore<String>(limits: limits, waitTimeout: .milliseconds(50))
        let (holder, opener) = try await hold("a", of: semaphore)
        let waiting = Task { try await semaphore.withPermit("a") {} }
        await #expect(throws: AdmissionError.self) { try await waiting.value("a refusal") }
        #expect(semaphore.waiting == 0)
        opener.finish()
        try await holder.value("the holder")
        try await semaphore.withPermit("a") {}
    }

    @Test func aCancelledWaiterStopsWaiting() async throws {
        let semaphore = FairAsyncSemaphore<String>(limits: limits, waitTimeout: .seconds(60))
        let (holder, opener) = try await hold("a", of: semaphore)
        let waiter = Task { try await semaphore.withPermit("a") {} }
        try await eventually("the second to wait") { semaphore.waiting == 1 }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value("the cancelled") }
        #expect(semaphore.waiting == 0)
        opener.finish()
        try await holder.value("the holder")
        try await semaphore.withPermit("a") {}
    }

    @Test func aThousandConcurrentCallersAllProceedWithinTheLimit() async throws {
        let semaphore = FairAsyncSemaphore<Int>(
            limits: FairSemaphoreLimits(permits: 3, permitsOfOneKey: 2, waiting: 2000, waitingOfOneKey: 2000), waitTimeout: .seconds(60))
        let running = Running()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<1000 {
                group.addTask {
                    try await semaphore.withPermit(number % 7) {
                        running.begin()
                        await Task.yield()
                        running.end()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(running.done == 1000)
        #expect(running.most <= 3)
    }
}
