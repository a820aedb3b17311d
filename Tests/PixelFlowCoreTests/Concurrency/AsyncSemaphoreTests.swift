import Deadlines
import Synchronization
import TestSupport
import Testing

@testable import PixelFlowCore

/// Records events in order.
private final class Log<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    var all: [Element] { elements.withLock { $0 } }
    func append(_ element: Element) { elements.withLock { $0.append(element) } }
}

@Suite struct AsyncSemaphoreTests {
    /// A semaphore without free permits.
    private func makeBusy(permits: Int = 1, waiting: Int = 1000, waitTimeout: Duration? = nil) -> AsyncSemaphore {
        let semaphore = AsyncSemaphore(permits: permits, waiting: waiting, waitTimeout: waitTimeout)
        #expect(semaphore.acquireFree() == permits)
        return semaphore
    }

    /// Expects no waiters, and all permits to be available after releasing `held`.
    private func expectWhole(_ semaphore: AsyncSemaphore, permits: Int = 1, held: Int = 1) {
        #expect(semaphore.waiting == 0)
        semaphore.release(held)
        #expect(semaphore.acquireFree() == permits)
    }

    @Test func permitsAreGrantedInOrderOfArrival() async throws {
        let semaphore = makeBusy()
        let order = Log<Int>()
        var tasks: [Task<Void, any Error>] = []
        for number in 0..<5 {
            tasks.append(Task { try await semaphore.withPermit { order.append(number) } })
            try await eventually("caller \(number) to wait") { semaphore.waiting == number + 1 }
        }
        semaphore.release()
        for task in tasks { try await task.value("a permit") }
        #expect(order.all == [0, 1, 2, 3, 4])
        expectWhole(semaphore, held: 0)
    }

    @Test func refusesImmediatelyWhenTheQueueIsFull() async throws {
        let semaphore = makeBusy(waiting: 1)
        let waiter = Task { try await semaphore.acquire() }
        try await eventually("one to wait") { semaphore.waiting == 1 }
        await #expect(throws: AdmissionError.full) { try await within(.testDeadline, "a refusal") { try await semaphore.acquire() } }
        semaphore.release()
        try await waiter.value("the permit")
        expectWhole(semaphore)
    }

    @Test func waitersPrecedeCallersThatDoNotWait() async throws {
        let semaphore = makeBusy(permits: 2)
        let waiter = Task { try await semaphore.acquire() }
        try await eventually("one to wait") { semaphore.waiting == 1 }
        semaphore.release()
        #expect(semaphore.acquireFree() == 0)
        try await waiter.value("the permit")
        expectWhole(semaphore, permits: 2, held: 2)
    }

    // MARK: Deadlines

    @Test(arguments: [Duration.zero, .milliseconds(50)]) func theWaitEndsAtItsTimeLimit(waitTimeout: Duration) async throws {
        let semaphore = makeBusy(waitTimeout: waitTimeout)
        let start = ContinuousClock.now
        await #expect(throws: AdmissionError.waitedTooLong) {
            try await within(.testDeadline, "the time-out") { try await semaphore.acquire() }
        }
        #expect(ContinuousClock.now - start >= waitTimeout)
        expectWhole(semaphore)
    }

    @Test func theEarlierOfTimeLimitAndDeadlineApplies() async throws {
        let semaphore = makeBusy(waitTimeout: .seconds(600))
        await #expect(throws: AdmissionError.waitedTooLong) {
            try await within(.testDeadline, "the deadline") { try await semaphore.acquire(until: .now + .milliseconds(10)) }
        }
        let quick = makeBusy(waitTimeout: .milliseconds(10))
        await #expect(throws: AdmissionError.waitedTooLong) {
            try await within(.testDeadline, "the time-out") { try await quick.acquire(until: .now + .seconds(600)) }
        }
    }

    /// The timer may fire before the caller has started to wait; many attempts, so that this happens.
    @Test func aPastDeadlineEndsTheWaitImmediately() async throws {
        let semaphore = makeBusy()
        let callers = (0..<500).map { number in
            Task { try await semaphore.acquire(until: .now + .microseconds(number.isMultiple(of: 2) ? -1000 : number)) }
        }
        for caller in callers {
            await #expect(throws: AdmissionError.waitedTooLong) { try await caller.value("the deadline") }
        }
        expectWhole(semaphore)
    }

    @Test func aFreePermitIsGrantedWhateverTheDeadline() async throws {
        let semaphore = AsyncSemaphore(permits: 1, waiting: 0)
        try await semaphore.withPermit(until: .now - .seconds(1)) {}
        expectWhole(semaphore, held: 0)
    }

    // MARK: Cancellation

    @Test func aCancelledTaskGetsAFreePermitAndDoesNotWait() async throws {
        let semaphore = AsyncSemaphore(permits: 1, waiting: 10)
        let caller = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await semaphore.acquire()
            await #expect(throws: CancellationError.self) { try await semaphore.acquire() }
        }
        try await caller.value("both responses")
        expectWhole(semaphore)
    }

    @Test func cancellationAtTheStartOfAWaitEndsIt() async throws {
        let semaphore = makeBusy()
        for _ in 0..<500 {
            let waiter = Task { try await semaphore.acquire() }
            waiter.cancel()
            await #expect(throws: CancellationError.self) { try await waiter.value("the wait to end") }
        }
        expectWhole(semaphore)
    }

    @Test func aCancelledWaiterLeavesTheQueueOrderUnchanged() async throws {
        let semaphore = makeBusy()
        var waiters: [Task<Void, any Error>] = []
        for number in 0..<3 {
            waiters.append(Task { try await semaphore.acquire() })
            try await eventually("caller \(number) to wait") { semaphore.waiting == number + 1 }
        }
        waiters[1].cancel()
        await #expect(throws: CancellationError.self) { try await waiters[1].value("the wait to end") }
        #expect(semaphore.waiting == 2)
        for waiter in [waiters[0], waiters[2]] {
            semaphore.release()
            try await waiter.value("the permit")
        }
        expectWhole(semaphore)
    }

    // MARK: Closing

    @Test func onceClosedItRefusesWaitingAndNewCallers() async throws {
        let semaphore = makeBusy(permits: 2)
        let waiters = (0..<3).map { _ in Task { try await semaphore.acquire() } }
        try await eventually("all to wait") { semaphore.waiting == 3 }
        semaphore.close()
        for waiter in waiters { await #expect(throws: AdmissionError.closed) { try await waiter.value("a refusal") } }
        await #expect(throws: AdmissionError.closed) { try await within(.testDeadline, "a refusal") { try await semaphore.acquire() } }
        semaphore.release(2)
        await #expect(throws: AdmissionError.closed) { try await within(.testDeadline, "a refusal") { try await semaphore.acquire() } }
        #expect(semaphore.acquireFree() == 0)
    }

    // MARK: All at once

    @Test func changesAreReportedInOrder() async throws {
        let told = Log<SemaphoreUsage>()
        let semaphore = AsyncSemaphore(permits: 1, waiting: 1) { told.append($0) }
        try await semaphore.acquire()
        let waiter = Task { try await semaphore.acquire() }
        try await eventually("one to wait") { semaphore.waiting == 1 }
        await #expect(throws: AdmissionError.full) { try await semaphore.acquire() }
        semaphore.release()
        try await waiter.value("the permit")
        semaphore.release()
        let expected = [(1, 0), (1, 1), (1, 0), (0, 0)].map { SemaphoreUsage(inUse: $0.0, waiting: $0.1) }
        #expect(told.all == expected)
    }

    /// Concurrent grants, deadlines and cancellations: never too many proceed, every caller gets a result, no permit is lost.
    @Test(arguments: 0..<5 as Range<UInt64>) func concurrentDeadlinesAndCancellationsLeakNoPermit(seed: UInt64) async throws {
        let semaphore = AsyncSemaphore(permits: 3, waiting: 100)
        let running = Running()
        var random = SeededGenerator(seed: seed)
        var callers: [(task: Task<Void, any Error>, isCancelled: Bool)] = []
        for _ in 0..<1000 {
            let limit = Duration.microseconds(Int.random(in: -100...3000, using: &random))
            let caller = Task {
                try await semaphore.withPermit(until: .now + limit) {
                    running.begin()
                    await Task.yield()
                    running.end()
                }
            }
            let isCancelled = Int.random(in: 0..<4, using: &random) == 0
            if isCancelled { caller.cancel() }
            callers.append((caller, isCancelled))
        }
        for (caller, isCancelled) in callers {
            do {
                try await caller.value("a response")
            } catch is CancellationError {
                #expect(isCancelled)
            } catch let error as AdmissionError {
                #expect(error != .closed)
            }
        }
        #expect(running.done > 0)
        #expect(running.most <= 3)
        expectWhole(semaphore, permits: 3, held: 0)
    }
}
