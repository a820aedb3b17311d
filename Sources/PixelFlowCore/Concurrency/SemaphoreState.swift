/// The rules of `FairAsyncSemaphore`, without lock, clock or continuation: who proceeds, who waits, who is refused.
///
/// Permits are given to keys in turn: a key with a hundred waiters gets its next permit after every other key that waits has
/// had one. The waiters of one key are served in order of arrival. No key holds more than its share, so that one alone never
/// holds all permits. A waiter is queued only while no permit is free for its key.
///
/// Every transition takes constant time, except that `release` passes over the keys that hold their share: at most
/// `permits / permitsOfOneKey`.
struct SemaphoreState<Key: Hashable & Sendable>: Sendable {
    /// Names a caller that may have to wait; the caller of `acquire` never uses one twice.
    typealias Waiter = UInt64

    enum Admission: Sendable, Hashable {
        case granted
        /// To be granted later, by `release`.
        case queued
        /// As many wait already as may.
        case refused
        case closed
    }

    private let limits: FairSemaphoreLimits
    private(set) var inUse = 0
    private var isClosed = false
    private var held: [Key: Int] = [:]
    private var keys: [Waiter: Key] = [:]
    /// Never empty ones.
    private var queues: [Key: LinkedQueue<Waiter>] = [:]
    /// The keys that wait, the next one first.
    private var turns = LinkedQueue<Key>()

    init(limits: FairSemaphoreLimits) { self.limits = limits }

    var waiting: Int { keys.count }
    var usage: SemaphoreUsage { SemaphoreUsage(inUse: inUse, waiting: waiting) }

    /// Takes a permit if one is free for the key. Waiters need not be asked: a key for which a permit is free has none.
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
        if queues[key] == nil { turns.append(key) }
        queues[key, default: LinkedQueue()].append(waiter)
        keys[waiter] = key
        return .queued
    }

    /// Takes every permit that is free for the key.
    ///
    /// - Returns: how many.
    mutating func acquireFree(_ key: Key) -> Int {
        var count = 0
        while tryAcquire(key) { count += 1 }
        return count
    }

    /// Gives a permit back.
    ///
    /// - Returns: the waiter that has it now.
    mutating func release(_ key: Key) -> Waiter? {
        assert(inUse > 0, "a permit is given back that nobody holds")
        inUse -= 1
        let left = (held[key] ?? 1) - 1
        held[key] = left > 0 ? left : nil
        guard let next = turns.first(where: isFree), let waiter = queues[next]?.popFirst() else { return nil }
        leaveQueue(waiter, of: next)
        // Its other waiters come after those of every other key.
        if turns.remove(next) { turns.append(next) }
        return tryAcquire(next) ? waiter : nil
    }

    /// Takes a waiter out of its queue.
    ///
    /// - Returns: false if it does not wait any more.
    mutating func cancel(_ waiter: Waiter) -> Bool {
        guard let key = keys[waiter] else { return false }
        queues[key]?.remove(waiter)
        leaveQueue(waiter, of: key)
        return true
    }

    /// Grants nothing any more. Permits in use are still to be given back.
    ///
    /// - Returns: the waiters that get no permit, in order of arrival.
    mutating func close() -> [Waiter] {
        defer {
            isClosed = true
            keys = [:]
            queues = [:]
            turns = LinkedQueue()
        }
        return keys.keys.sorted()
    }

    private mutating func leaveQueue(_ waiter: Waiter, of key: Key) {
        keys[waiter] = nil
        guard queues[key]?.isEmpty == true else { return }
        queues[key] = nil
        turns.remove(key)
    }

    private func isFree(_ key: Key) -> Bool { inUse < limits.permits && held[key] ?? 0 < limits.permitsOfOneKey }
}

/// How many may proceed and how many may wait.
package struct FairSemaphoreLimits: Sendable, Hashable {
    package var permits: Int
    /// Below `permits`, so that one key leaves room for others.
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

/// How many proceed and how many wait.
package struct SemaphoreUsage: Sendable, Hashable {
    package var inUse = 0
    package var waiting = 0

    package init(inUse: Int = 0, waiting: Int = 0) {
        self.inUse = inUse
        self.waiting = waiting
    }
}
