import PixelFlowCache
import PixelFlowCore

/// Counts failures per name, in bounded memory.
struct AttemptTracker {
    private struct Entry {
        var failures = 0
        var running = 0
        var lastUse: Timestamp
        var blockedUntil = Timestamp(microseconds: 0)
    }

    /// The least recently used entry has also waited longest to be forgotten.
    private var entries: BoundedEntries<String, Entry>
    private let allowance: LoginThrottle.Allowance
    private let memory: Duration

    init(_ allowance: LoginThrottle.Allowance, memory: Duration, capacity: Int) {
        self.allowance = allowance
        self.memory = memory
        entries = BoundedEntries(limits: .entries(capacity))
    }

    var count: Int { entries.count }

    /// How long the next attempt must wait; zero if it may proceed.
    func wait(_ name: String, at now: Timestamp) -> Duration {
        guard let entry = entries.value(of: name), !Self.isForgotten(entry, memory, at: now) else { return .zero }
        if now < entry.blockedUntil { return entry.blockedUntil - now }
        let slots = max(1, allowance.parallel - entry.failures)
        return entry.running < slots ? .zero : .seconds(1)
    }

    mutating func begin(_ name: String, at now: Timestamp) {
        let known = entries.value(of: name).flatMap { Self.isForgotten($0, memory, at: now) ? nil : $0 }
        var entry = known ?? Entry(lastUse: now)
        entry.running += 1
        entry.lastUse = now
        entries.put(entry, for: name)
    }

    mutating func end(_ name: String, failed: Bool, at now: Timestamp) {
        // The entry may have been evicted in the meantime.
        guard var entry = entries.value(of: name) else { return }
        entry.running = max(0, entry.running - 1)
        if failed {
            entry.failures += 1
            entry.lastUse = now
            entry.blockedUntil = max(entry.blockedUntil, now + allowance.wait(after: entry.failures))
        }
        if entry.failures == 0, entry.running == 0 { entries.remove(name) } else { entries.put(entry, for: name) }
    }

    mutating func reset(_ name: String) {
        guard var entry = entries.value(of: name) else { return }
        entry.failures = 0
        entry.blockedUntil = Timestamp(microseconds: 0)
        if entry.running == 0 { entries.remove(name) } else { entries.put(entry, for: name) }
    }

    private static func isForgotten(_ entry: Entry, _ memory: Duration, at now: Timestamp) -> Bool {
        entry.running == 0 && now - entry.lastUse > memory && now >= entry.blockedUntil
    }
}
