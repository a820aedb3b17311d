import Deadlines
import Synchronization
import Testing

@testable import PixelFlowCore

/// Who proceeds next.
@Suite struct FairSemaphoreStateTests {
    /// The state behind a reference, so that expectations can change it.
    private final class Rules {
        private var state: FairSemaphoreState<String>
        init(_ state: FairSemaphoreState<String>) { self.state = state }
        func acquire(_ key: String, as waiter: UInt64) -> FairSemaphoreState<String>.Admission { state.acquire(key, as: waiter) }
        func release(_ key: String) -> UInt64? { state.release(key) }
        func cancel(_ waiter: UInt64, of key: String) -> Bool { state.cancel(waiter, of: key) }
        var inUse: Int { state.inUse }
        var waitingCount: Int { state.waitingCount }
    }

    private func make(permits: Int = 2, ofOneKey: Int = 1, waiting: Int = 100, waitingOfOneKey: Int = 50) -> Rules {
        let limits = FairSemaphoreLimits(
            permits: permits, permitsOfOneKey: ofOneKey, waiting: waiting, waitingOfOneKey: waitingOfOneKey)
        return Rules(FairSemaphoreState(limits: limits))
    }

    @Test func oneKeyNeverHoldsAllPermits() {
        let state = make(permits: 3, ofOneKey: 2)
        #expect((0..<5).map { state.acquire("a", as: $0) } == [.granted, .granted, .queued, .queued, .queued])
        #expect(state.acquire("b", as: 10) == .granted)
        #expect(state.acquire("c", as: 11) == .queued)
    }

    @Test func keysTakeTurnsHoweverManyWaitOfEach() {
        let state = make(permits: 1, ofOneKey: 1)
        #expect(state.acquire("x", as: 0) == .granted)
        for waiter in 1...4 { #expect(state.acquire("a", as: UInt64(waiter)) == .queued) }
        for waiter in 11...12 { #expect(state.acquire("b", as: UInt64(waiter)) == .queued) }
        #expect(state.acquire("c", as: 21) == .queued)
        var order = [state.release("x")]
        for key in ["a", "b", "c", "a", "b", "a", "a"] { order.append(state.release(key)) }
        #expect(order == [1, 11, 21, 2, 12, 3, 4, nil])
        #expect(state.inUse == 0)
        #expect(state.waitingCount == 0)
    }

    @Test func aKeyWithoutItsShareIsPassedBy() {
        let state = make(permits: 2, ofOneKey: 1)
        #expect(state.acquire("a", as: 1) == .granted)
        #expect(state.acquire("b", as: 2) == .granted)
        #expect(state.acquire("a", as: 3) == .queued)
        #expect(state.acquire("c", as: 4) == .queued)
        #expect(state.release("b") == 4)
        #expect(state.release("a") == 3)
    }

    @Test func theQueueIsBoundedInAllAndByKey() {
        let state = make(permits: 1, ofOneKey: 1, waiting: 3, waitingOfOneKey: 2)
        _ = state.acquire("a", as: 0)
        #expect((1...3).map { state.acquire("a", as: $0) } == [.queued, .queued, .refused])
        #expect(state.acquire("b", as: 4) == .queued)
        #expect(state.acquire("c", as: 5) == .refused)
    }

    @Test func whoGivesUpIsPassedBy() {
        let state = make(permits: 1, ofOneKey: 1)
        _ = state.acquire("a", as: 0)
        for waiter in 1...3 { _ = state.acquire("a", as: UInt64(waiter)) }
        #expect(state.cancel(2, of: "a"))
        #expect(!state.cancel(2, of: "a"))
        #expect(state.release("a") == 1)
        #expect(state.release("a") == 3)
        #expect(!state.cancel(3, of: "a"))
        #expect(state.release("a") == nil)
        #expect(state.inUse == 0)
    }

    /// Whatever happens in whichever order: no permit is lost or given twice.
    @Test(arguments: 0..<20) func noPermitIsLost(seed: UInt64) {
        let state = make(permits: 3, ofOneKey: 2, waiting: 12, waitingOfOneKey: 6)
        var generator = Generator(state: seed)
        var holders: [(UInt64, String)] = []
        var waiters: [UInt64: String] = [:]
        for waiter in 0..<2000 as Range<UInt64> {
            let key = ["a", "b", "c", "d"].randomElement(using: &generator) ?? "a"
            switch Int.random(in: 0..<4, using: &generator) {
            case 0, 1:
                switch state.acquire(key, as: waiter) {
                case .granted: holders.append((waiter, key))
                case .queued: waiters[waiter] = key
                case .refused: break
                }
            case 2:
                guard !holders.isEmpty else { continue }
                let holder = holders.remove(at: Int.random(in: holders.indices, using: &generator))
                guard let next = state.release(holder.1) else { continue }
                guard let key = waiters.removeValue(forKey: next) else {
                    Issue.record("granted to \(next), who does not wait")
                    return
                }
                holders.append((next, key))
            default:
                guard let (waiter, key) = waiters.sorted(by: { $0.key < $1.key }).first else { continue }
                #expect(state.cancel(waiter, of: key))
                waiters[waiter] = nil
            }
            #expect(state.inUse == holders.count)
            #expect(state.waitingCount == waiters.count)
            #expect(holders.count <= 3)
            for key in ["a", "b", "c", "d"] { #expect(holders.count { $0.1 == key } <= 2) }
        }
    }

    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }
}

/// Counts what is under way.
private final class Running: Sendable {
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

    @Test func anotherKeyPassesThoseThatWait() async throws {
        let semaphore = FairAsyncSemaphore<String>(limits: limits, waitTimeout: .seconds(60))
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let first = Task { try await semaphore.withPermit("a") { try await gate.end("the gate to open") } }
        let second = Task { try await semaphore.withPermit("a") {} }
        try await eventually("the second to wait") { semaphore.waiting == 1 }
        try await semaphore.withPermit("b") {}
        #expect(semaphore.waiting == 1)
        opener.finish()
        try await first.value("the first")
        try await second.value("the second")
        #expect(semaphore.waiting == 0)
    }

    @Test func whoWaitsTooLongOrIsOneTooManyIsRefused() async throws {
        let semaphore = FairAsyncSemaphore<String>(limits: limits, waitTimeout: .milliseconds(50))
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let holder = Task { try await semaphore.withPermit("a") { try await gate.end("the gate to open") } }
        let patient = Task { try await semaphore.withPermit("a") {} }
        await #expect(throws: AdmissionError.self) { try await patient.value("a refusal") }
        #expect(semaphore.waiting == 0)
        opener.finish()
        try await holder.value("the holder")
        try await semaphore.withPermit("a") {}
    }

    @Test func whoIsCancelledWaitsNoMore() async throws {
        let semaphore = FairAsyncSemaphore<String>(limits: limits, waitTimeout: .seconds(60))
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let holder = Task { try await semaphore.withPermit("a") { try await gate.end("the gate to open") } }
        let waiter = Task { try await semaphore.withPermit("a") {} }
        try await eventually("the second to wait") { semaphore.waiting == 1 }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value("the cancelled") }
        #expect(semaphore.waiting == 0)
        opener.finish()
        try await holder.value("the holder")
        try await semaphore.withPermit("a") {}
    }

    @Test func aThousandAtOnceAllProceedAndNeverTooMany() async throws {
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
