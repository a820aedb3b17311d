import PixelFlowCore

/// Counts failures per name, in bounded memory.
struct AttemptTracker {
    private struct Entry {
        var failures = 0
        var running = 0
        var lastUse: Timestamp
        var blockedUntil = Timestamp(microseconds: 0)
    }

    private var entries: [String: Entry] = [:]
    private let allowance: LoginThrottle.Allowance
    private let memory: Duration
    private let capacity: Int

    init(_ allowance: LoginThrottle.Allowance, memory: Duration, capacity: Int) {
        self.allowance = allowance
        self.memory = memory
        self.capacity = capacity
    }

    var count: Int { entries.count }

    /// How long the next attempt must wait; zero if it may proceed.
    func wait(_ name: String, at now: Timestamp) -> Duration {
        guard let entry = entries[name], !Self.isForgotten(entry, memory, at: now) else { return .zero }
        if now < entry.blockedUntil { return entry.blockedUntil - now }
        let places = max(1, allowance.parallel - entry.failures)
        return entry.running < places ? .zero : .seconds(1)
    }

    mutating func begin(_ name: String, at now: Timestamp) {
        if let entry = entries[name], Self.isForgotten(entry, memory, at: now) { entries[name] = nil }
        if entries[name] == nil {
            entries.makeRoom(capacity: capacity, lastUse: \.lastUse) { [memory] in Self.isForgotten($0, memory, at: now) }
        }
        entries[name, default: Entry(lastUse: now)].running += 1
        entries[name]?.lastUse = now
    }

    mutating func end(_ name: String, failed: Bool, at now: Timestamp) {
        // The entry may have been evicted in the meantime.
        guard var entry = entries[name] else { return }
        entry.running = max(0, entry.running - 1)
        if failed {
            entry.failures += 1
            entry.lastUse = now
            entry.blockedUntil = max(entry.blockedUntil, now + allowance.wait(after: entry.failures))
        }
        entries[name] = entry.failures == 0 && entry.running == 0 ? nil : entry
    }

    mutating func reset(_ name: String) {
        guard var entry = entries[name] else { return }
        entry.failures = 0
        entry.blockedUntil = Timestamp(microseconds: 0)
        entries[name] = entry.running == 0 ? nil : entry
    }

    private static func isForgotten(_ entry: Entry, _ memory: Duration, at now: Timestamp) -> Bool {
        entry.running == 0 && now - entry.lastUse > memory && now >= entry.blockedUntil
    }
}

extension Dictionary {
    /// Makes room for one more entry if there are `capacity` of them: drops expired entries and, if that is not
    /// enough, the least recently used quarter, so that the cost of the scan is spread over many uses.
    mutating func makeRoom(capacity: Int, lastUse: KeyPath<Value, Timestamp>, isForgotten: (Value) -> Bool) {
        guard count >= capacity else { return }
        self = filter { !isForgotten($0.value) }
        guard count >= capacity else { return }
        let oldest = sorted { $0.value[keyPath: lastUse] < $1.value[keyPath: lastUse] }.prefix(Swift.max(1, capacity / 4))
        for (key, _) in oldest { self[key] = nil }
    }
}
