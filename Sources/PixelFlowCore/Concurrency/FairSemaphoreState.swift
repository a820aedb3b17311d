/// The rules of `FairAsyncSemaphore`, without its effects: who may proceed, who waits, who is refused.
///
/// Permits are given to keys in turn: a key with a hundred waiters gets its next permit after every other key that waits has
/// had one. No key holds more than its share, so that one alone never holds all of them.
struct FairSemaphoreState<Key: Hashable & Sendable>: Sendable {
    typealias Waiter = UInt64

    enum Admission: Sendable, Equatable {
        case granted
        case queued
        /// As many wait already as may.
        case refused
    }

    let limits: FairSemaphoreLimits
    private(set) var inUse = 0
    private(set) var waitingCount = 0
    private var held: [Key: Int] = [:]
    private var queues: [Key: [Waiter]] = [:]
    /// The keys that wait, the next one first.
    private var turns: [Key] = []

    init(limits: FairSemaphoreLimits) { self.limits = limits }

    mutating func acquire(_ key: Key, as waiter: Waiter) -> Admission {
        if isFree(key), queues[key] == nil {
            take(key)
            return .granted
        }
        guard waitingCount < limits.waiting, queues[key]?.count ?? 0 < limits.waitingOfOneKey else { return .refused }
        if queues[key] == nil { turns.append(key) }
        queues[key, default: []].append(waiter)
        waitingCount += 1
        return .queued
    }

    /// Gives a permit back.
    ///
    /// - Returns: the waiter that has it now.
    mutating func release(_ key: Key) -> Waiter? {
        inUse -= 1
        let left = (held[key] ?? 1) - 1
        held[key] = left > 0 ? left : nil
        return next()
    }

    /// Takes a waiter out of its queue.
    ///
    /// - Returns: false where it waits no more.
    mutating func cancel(_ waiter: Waiter, of key: Key) -> Bool {
        guard let place = queues[key]?.firstIndex(of: waiter) else { return false }
        queues[key]?.remove(at: place)
        waitingCount -= 1
        if queues[key]?.isEmpty == true {
            queues[key] = nil
            turns.removeAll { $0 == key }
        }
        return true
    }

    private mutating func next() -> Waiter? {
        guard let turn = turns.firstIndex(where: isFree) else { return nil }
        let key = turns.remove(at: turn)
        guard let waiter = queues[key]?.removeFirst() else { return nil }
        waitingCount -= 1
        if queues[key]?.isEmpty == true { queues[key] = nil } else { turns.append(key) }
        take(key)
        return waiter
    }

    private func isFree(_ key: Key) -> Bool { inUse < limits.permits && held[key] ?? 0 < limits.permitsOfOneKey }

    private mutating func take(_ key: Key) {
        inUse += 1
        held[key, default: 0] += 1
    }
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
