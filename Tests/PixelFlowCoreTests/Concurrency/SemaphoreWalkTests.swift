import TestSupport
import Testing

@testable import PixelFlowCore

/// Random walks of the rules, compared with a simple model based on arrays.
@Suite struct SemaphoreWalkTests {
    private static let seeds = 0..<30 as Range<UInt64>

    @Test(arguments: seeds) func randomWalkWithManyKeys(seed: UInt64) throws {
        let limits = FairSemaphoreLimits(permits: 5, permitsOfOneKey: 2, waiting: 12, waitingOfOneKey: 5)
        var walk = SemaphoreWalk(keys: 6, limits: limits, seed: seed)
        for _ in 0..<2000 { try walk.step() }
        try walk.end(byClosing: seed.isMultiple(of: 2))
    }

    @Test(arguments: seeds) func randomWalkWithOneKey(seed: UInt64) throws {
        let limits = FairSemaphoreLimits(permits: 3, permitsOfOneKey: 3, waiting: 8, waitingOfOneKey: 8)
        var walk = SemaphoreWalk(keys: 1, limits: limits, seed: seed)
        for _ in 0..<2000 { try walk.step() }
        try walk.end(byClosing: seed.isMultiple(of: 2))
    }
}

private struct SemaphoreWalk {
    private struct Caller: Hashable {
        let number: UInt64
        let key: Int
    }

    private let keys: Int
    private let limits: FairSemaphoreLimits
    private var random: SeededGenerator
    private var state: SemaphoreState<Int>
    private var holders: [Caller] = []
    /// In order of arrival.
    private var waiters: [Caller] = []
    /// The waiting keys in the order of their turns.
    private var turns: [Int] = []
    private var last: UInt64 = 0

    init(keys: Int, limits: FairSemaphoreLimits, seed: UInt64) {
        self.keys = keys
        self.limits = limits
        random = SeededGenerator(seed: seed)
        state = SemaphoreState(limits: limits)
    }

    mutating func step() throws {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<5: acquire(Int.random(in: 0..<keys, using: &random))
        case 5..<8: try releaseOne()
        // A deadline or a cancellation.
        case 8: giveUpOne()
        default: acquireFree(Int.random(in: 0..<keys, using: &random))
        }
        expectInvariants()
    }

    /// No waiter is lost: each one gets a permit or is rejected at closing.
    mutating func end(byClosing closes: Bool) throws {
        if closes {
            let refused = state.close()
            #expect(refused == waiters.map(\.number))
            (waiters, turns) = ([], [])
            let late = state.acquire(0, as: last + 1)
            #expect(late == .closed)
        }
        while !holders.isEmpty {
            try releaseOne()
            expectInvariants()
        }
        #expect(waiters.isEmpty)
        #expect(state.usage == SemaphoreUsage(inUse: 0, waiting: 0))
    }

    private func isFree(_ key: Int) -> Bool {
        holders.count < limits.permits && holders.count { $0.key == key } < limits.permitsOfOneKey
    }

    private mutating func acquire(_ key: Int) {
        last += 1
        let caller = Caller(number: last, key: key)
        let admission = state.acquire(key, as: last)
        if isFree(key) {
            #expect(admission == .granted)
            holders.append(caller)
        } else if waiters.count < limits.waiting, waiters.count(where: { $0.key == key }) < limits.waitingOfOneKey {
            #expect(admission == .queued)
            waiters.append(caller)
            if !turns.contains(key) { turns.append(key) }
        } else {
            #expect(admission == .refused)
        }
    }

    private mutating func acquireFree(_ key: Int) {
        let count = state.acquireFree(key)
        let free = min(limits.permits - holders.count, limits.permitsOfOneKey - holders.count { $0.key == key })
        #expect(count == free)
        holders += Array(repeating: Caller(number: 0, key: key), count: count)
    }

    private mutating func releaseOne() throws {
        guard let position = holders.indices.randomElement(using: &random) else { return }
        let next = state.release(holders.remove(at: position).key)
        guard let key = turns.first(where: isFree) else {
            #expect(next == nil)
            return
        }
        let expected = try #require(waiters.first { $0.key == key })
        #expect(next == expected.number)
        leave(expected)
        if let turn = turns.firstIndex(of: key) { turns.append(turns.remove(at: turn)) }
        holders.append(expected)
    }

    private mutating func giveUpOne() {
        if let holder = holders.randomElement(using: &random) {
            let isGone = state.cancel(holder.number)
            #expect(!isGone)
        }
        guard let waiter = waiters.randomElement(using: &random) else { return }
        let responses = [state.cancel(waiter.number), state.cancel(waiter.number)]
        #expect(responses == [true, false])
        leave(waiter)
    }

    private mutating func leave(_ waiter: Caller) {
        waiters.removeAll { $0 == waiter }
        if !waiters.contains(where: { $0.key == waiter.key }) { turns.removeAll { $0 == waiter.key } }
    }

    private func expectInvariants() {
        #expect(state.inUse == holders.count && state.waiting == waiters.count)
        #expect(holders.count <= limits.permits && waiters.count <= limits.waiting)
        for key in 0..<keys {
            #expect(holders.count { $0.key == key } <= limits.permitsOfOneKey)
            #expect(!isFree(key) || !waiters.contains { $0.key == key }, "waits while a permit is free")
        }
    }
}
