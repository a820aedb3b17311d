/// The rules of `FairAsyncSemaphore`, without lock, clock or continuations: who proceeds, who waits, who is rejected.
///
/// Permits are granted to keys in turn: a key with a hundred waiters gets its next permit after every other waiting key has
/// had one. The waiters of one key are served in order of arrival. Each key has at most its share of the permits, so one key never
/// occupies all of them. A waiter is queued only while no permit is free for its key. If keys have lanes, the waiting lanes are served in
/// proportion to their weights, and the keys of a lane in turn.
///
/// All transitions take constant time, except that `release` skips keys that have their full share: at most
/// `permits / permitsOfOneKey`.
struct SemaphoreState<Key: Hashable & Sendable>: Sendable {
    /// Identifies a caller that may have to wait; must be unique for each `acquire`.
    typealias Waiter = UInt64

    enum Admission: Sendable, Hashable {
        case granted
        /// `release` will grant the permit later.
        case queued
        /// Too many callers are already waiting.
        case refused
        case closed
    }

    private let limits: FairSemaphoreLimits
    private let lane: @Sendable (Key) -> Lane
    private var lanes = WeightedTurns<Lane>.lanes
    private(set) var inUse = 0
    private var isClosed = false
    private var held: [Key: Int] = [:]
    private var keys: [Waiter: Key] = [:]
    /// Contains no empty queues.
    private var queues: [Key: LinkedQueue<Waiter>] = [:]
    /// The waiting keys of each lane, in the order in which they are served. Contains no empty queues.
    private var turns: [Lane: LinkedQueue<Key>] = [:]

    init(limits: FairSemaphoreLimits, lane: @escaping @Sendable (Key) -> Lane = { _ in .normal }) {
        self.limits = limits
        self.lane = lane
    }

    var waiting: Int { keys.count }
    var usage: SemaphoreUsage { SemaphoreUsage(inUse: inUse, waiting: waiting) }

    /// Acquires a permit if one is free for the key. Cannot overtake a waiter: a key with a free permit has none.
    mutating func tryAcquire(_ key: Key) -> Bool {
        guard !isClosed, isFree(key) else { return false }
        inUse += 1
        held[key, default: 0] += 1
        return true
    }

    mutating func acquire(_ key: Key, as waiter: Waiter) -> Admission {
        guard !isClosed else { return .closed }
        if tryAcquire(key) { return .granted }
        guard waiting < limits.waiting, queues[key]?.count ?? 0 < limits.waitingOfOneKey else { return .refused }
        if queues[key] == nil { turns[lane(key), default: LinkedQueue()].append(key) }
        queues[key, default: LinkedQueue()].append(waiter)
        keys[waiter] = key
        return .queued
    }

    /// Acquires all free permits for the key.
    ///
    /// - Returns: the number of permits.
    mutating func acquireFree(_ key: Key) -> Int {
        var count = 0
        while tryAcquire(key) { count += 1 }
        return count
    }

    /// Releases a permit.
    ///
    /// - Returns: the waiter to which it has been granted.
    mutating func release(_ key: Key) -> Waiter? {
        assert(inUse > 0, "a permit is given back that no caller holds")
        inUse -= 1
        let left = (held[key] ?? 1) - 1
        held[key] = left > 0 ? left : nil
        guard !turns.isEmpty else { return nil }
        let firsts = turns.compactMapValues { $0.first(where: isFree) }
        guard let lane = lanes.next(where: { firsts[$0] != nil }), let next = firsts[lane], let waiter = queues[next]?.popFirst() else {
            return nil
        }
        leaveQueue(waiter, of: next)
        // The key's other waiters follow those of all other keys of the lane.
        if turns[lane]?.remove(next) == true { turns[lane]?.append(next) }
        return tryAcquire(next) ? waiter : nil
    }

    /// Removes a waiter from its queue.
    ///
    /// - Returns: false if it is no longer waiting.
    mutating func cancel(_ waiter: Waiter) -> Bool {
        guard let key = keys[waiter] else { return false }
        queues[key]?.remove(waiter)
        leaveQueue(waiter, of: key)
        return true
    }

    /// Grants no more permits. Acquired ones must still be released.
    ///
    /// - Returns: the waiters that get no permit, in order of arrival.
    mutating func close() -> [Waiter] {
        defer {
            isClosed = true
            keys = [:]
            queues = [:]
            turns = [:]
        }
        return keys.keys.sorted()
    }

    private mutating func leaveQueue(_ waiter: Waiter, of key: Key) {
        keys[waiter] = nil
        guard queues[key]?.isEmpty == true else { return }
        queues[key] = nil
        let lane = self.lane(key)
        turns[lane]?.remove(key)
        if turns[lane]?.isEmpty == true { turns[lane] = nil }
    }

    private func isFree(_ key: Key) -> Bool { inUse < limits.permits && held[key] ?? 0 < limits.permitsOfOneKey }
}

/// The maximum number of permits and of waiters.
package struct FairSemaphoreLimits: Sendable, Hashable {
    package var permits: Int
    /// Less than `permits` if there must always be a permit for other keys; otherwise they get the next one that is released.
    package var permitsOfOneKey: Int
    package var waiting: Int
    package var waitingOfOneKey: Int

    package init(permits: Int, permitsOfOneKey: Int, waiting: Int, waitingOfOneKey: Int) {
        self.permits = max(1, permits)
        self.permitsOfOneKey = max(1, permitsOfOneKey)
        self.waiting = waiting
        self.waitingOfOneKey = waitingOfOneKey
    }
}

/// The number of permits in use and of waiters.
package struct SemaphoreUsage: Sendable, Hashable {
    package var inUse = 0
    package var waiting = 0

    package init(inUse: Int = 0, waiting: Int = 0) {
        self.inUse = inUse
        self.waiting = waiting
    }
}
