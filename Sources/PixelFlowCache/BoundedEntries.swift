package import PixelFlowCore

/// How much a cache in memory keeps.
package struct CacheLimits: Sendable, Hashable {
    /// Beyond it, what was used least lately goes.
    package var entries: Int
    /// Beyond it, what was used least lately goes.
    package var bytes: Int
    /// What is larger is not kept.
    package var entryBytes: Int

    package init(entries: Int = 10_000, bytes: Int = 32 << 20, entryBytes: Int = 1 << 20) {
        self.entries = max(1, entries)
        self.bytes = max(1, bytes)
        self.entryBytes = min(entryBytes, self.bytes)
    }
}

/// Entries of which those that were used least lately make room for new ones: a value, for whoever guards it with a lock of its own.
package struct BoundedEntries<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let limits: CacheLimits
    private var entries: [Key: (value: Value, bytes: Int)] = [:]
    /// Least lately used first.
    private var order = LinkedQueue<Key>()
    package private(set) var bytes = 0

    package init(limits: CacheLimits) { self.limits = limits }

    package var count: Int { entries.count }

    /// The value of a key, which counts as a use of it.
    package mutating func use(_ key: Key) -> Value? {
        guard let entry = entries[key] else { return nil }
        order.remove(key)
        order.append(key)
        return entry.value
    }

    /// Adds or replaces a value, unless it is too large; then there is none for the key.
    package mutating func put(_ value: Value, for key: Key, bytes size: Int) {
        remove(key)
        guard size <= limits.entryBytes else { return }
        while entries.count >= limits.entries || bytes + size > limits.bytes, let oldest = order.first { remove(oldest) }
        entries[key] = (value, size)
        order.append(key)
        bytes += size
    }

    package mutating func remove(_ key: Key) {
        guard let entry = entries.removeValue(forKey: key) else { return }
        order.remove(key)
        bytes -= entry.bytes
    }
}
