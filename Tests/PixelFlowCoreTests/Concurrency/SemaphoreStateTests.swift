import Testing

@testable import PixelFlowCore

/// The order of callers.
@Suite struct SemaphoreStateTests {
    /// The state behind a reference, so that expectations can change it.
    private final class Rules {
        private var state: SemaphoreState<String>
        init(_ state: SemaphoreState<String>) { self.state = state }
        func acquire(_ key: String, as waiter: UInt64) -> SemaphoreState<String>.Admission { state.acquire(key, as: waiter) }
        func release(_ key: String) -> UInt64? { state.release(key) }
        func cancel(_ waiter: UInt64) -> Bool { state.cancel(waiter) }
        func acquireFree(_ key: String) -> Int { state.acquireFree(key) }
        func close() -> [UInt64] { state.close() }
        var inUse: Int { state.inUse }
        var waiting: Int { state.waiting }
    }

    private func make(permits: Int = 2, ofOneKey: Int = 1, waiting: Int = 100, waitingOfOneKey: Int = 50) -> Rules {
        let limits = FairSemaphoreLimits(
            permits: permits, permitsOfOneKey: ofOneKey, waiting: waiting, waitingOfOneKey: waitingOfOneKey)
        return Rules(SemaphoreState(limits: limits))
    }

    @Test func oneKeyNeverHoldsAllPermits() {
        let state = make(permits: 3, ofOneKey: 2)
        #expect((0..<5).map { state.acquire("a", as: $0) } == [.granted, .granted, .queued, .queued, .queued])
        #expect(state.acquire("b", as: 10) == .granted)
        #expect(state.acquire("c", as: 11) == .queued)
    }

    @Test func keysTakeTurnsWhateverTheirQueueLengths() {
        let state = make(permits: 1, ofOneKey: 1)
        #expect(state.acquire("x", as: 0) == .granted)
        for waiter in 1...4 { #expect(state.acquire("a", as: UInt64(waiter)) == .queued) }
        for waiter in 11...12 { #expect(state.acquire("b", as: UInt64(waiter)) == .queued) }
        #expect(state.acquire("c", as: 21) == .queued)
        var order = [state.release("x")]
        for key in ["a", "b", "c", "a", "b", "a", "a"] { order.append(state.release(key)) }
        #expect(order == [1, 11, 21, 2, 12, 3, 4, nil])
        #expect(state.inUse == 0)
        #expect(state.waiting == 0)
    }

    @Test func lanesAreServedByTheirWeightsAndTheKeysOfALaneInTurn() {
        let limits = FairSemaphoreLimits(permits: 1, permitsOfOneKey: 1, waiting: 300, waitingOfOneKey: 50)
        let state = Rules(SemaphoreState(limits: limits) { Lane(rawValue: String($0.dropFirst())) ?? .normal })
        #expect(state.acquire("x", as: 0) == .granted)
        // The waiters of key `a` of the low lane are 300 and so on, those of key `b` 350.
        for (start, lane) in [(300, "low"), (200, "normal"), (100, "high")] {
            for waiter in 0..<40 { #expect(state.acquire("a" + lane, as: UInt64(start + waiter)) == .queued) }
            for waiter in 50..<60 { #expect(state.acquire("b" + lane, as: UInt64(start + waiter)) == .queued) }
        }
        func key(_ waiter: UInt64) -> String { (waiter % 100 < 50 ? "a" : "b") + ["high", "normal", "low"][Int(waiter / 100) - 1] }
        var last = "x"
        var order: [String] = []
        while let next = state.release(last) {
            last = key(next)
            order.append(last)
        }
        #expect(order.count == 150 && state.inUse == 0)
        func count(_ lane: String, _ first: Int) -> Int { order.prefix(first).count { $0.hasSuffix(lane) } }
        // In as many turns as the sum of the weights.
        #expect(["high", "normal", "low"].map { count($0, 21) } == [16, 4, 1])
        #expect(order.filter { $0.hasSuffix("high") }.prefix(4) == ["ahigh", "bhigh", "ahigh", "bhigh"])
    }

    @Test func aLaneIsServedAgainAfterItWasEmpty() {
        let limits = FairSemaphoreLimits(permits: 1, permitsOfOneKey: 1, waiting: 10, waitingOfOneKey: 10)
        let state = Rules(SemaphoreState(limits: limits) { Lane(rawValue: $0) ?? .normal })
        _ = state.acquire("x", as: 0)
        #expect(state.acquire("low", as: 1) == .queued)
        #expect(state.cancel(1))
        #expect(state.acquire("low", as: 2) == .queued)
        #expect(state.release("x") == 2)
        #expect(state.release("low") == nil)
        #expect(state.acquire("low", as: 3) == .granted)
    }

    @Test func aKeyThatHasUsedItsShareIsSkipped() {
        let state = make(permits: 2, ofOneKey: 1)
        #expect(state.acquire("a", as: 1) == .granted)
        #expect(state.acquire("b", as: 2) == .granted)
        #expect(state.acquire("a", as: 3) == .queued)
        #expect(state.acquire("c", as: 4) == .queued)
        #expect(state.release("b") == 4)
        #expect(state.release("a") == 3)
    }

    @Test func theQueueIsBoundedInTotalAndPerKey() {
        let state = make(permits: 1, ofOneKey: 1, waiting: 3, waitingOfOneKey: 2)
        _ = state.acquire("a", as: 0)
        #expect((1...3).map { state.acquire("a", as: $0) } == [.queued, .queued, .refused])
        #expect(state.acquire("b", as: 4) == .queued)
        #expect(state.acquire("c", as: 5) == .refused)
    }

    @Test func aWaiterThatGivesUpIsSkipped() {
        let state = make(permits: 1, ofOneKey: 1)
        _ = state.acquire("a", as: 0)
        for waiter in 1...3 { _ = state.acquire("a", as: UInt64(waiter)) }
        #expect(state.cancel(2))
        #expect(!state.cancel(2))
        #expect(state.release("a") == 1)
        #expect(state.release("a") == 3)
        #expect(!state.cancel(3))
        #expect(state.release("a") == nil)
        #expect(state.inUse == 0)
    }

    /// A cancelled waiter blocks neither its own key, whose turn is kept, nor the limit.
    @Test func aWaiterThatGivesUpFreesItsPosition() {
        let state = make(permits: 1, ofOneKey: 1, waiting: 2, waitingOfOneKey: 2)
        _ = state.acquire("a", as: 0)
        #expect([1, 2, 3].map { state.acquire("b", as: $0) } == [.queued, .queued, .refused])
        #expect(state.cancel(1))
        #expect(state.acquire("c", as: 4) == .queued)
        #expect(state.release("a") == 2)
        #expect(state.release("b") == 4)
    }

    @Test func callersThatDoNotWaitComeAfterWaiters() {
        let state = make(permits: 2, ofOneKey: 2)
        #expect(state.acquireFree("a") == 2)
        #expect(state.acquire("a", as: 1) == .queued)
        #expect(state.release("a") == 1)
        #expect(state.acquireFree("a") == 0)
        #expect(state.release("a") == nil)
        #expect(state.acquireFree("a") == 1)
    }

    @Test func onceClosedItGrantsNothingAndAcceptsReturns() {
        let state = make(permits: 2, ofOneKey: 1)
        for (waiter, key) in zip(UInt64(0)..., ["a", "b", "a", "b", "c"]) { _ = state.acquire(key, as: waiter) }
        #expect(state.close() == [2, 3, 4])
        #expect(state.waiting == 0)
        #expect(state.release("a") == nil)
        #expect(state.acquire("c", as: 5) == .closed)
        #expect(state.acquireFree("c") == 0)
        #expect(!state.cancel(2))
        #expect(state.release("b") == nil)
        #expect(state.inUse == 0)
        #expect(state.close().isEmpty)
    }
}
