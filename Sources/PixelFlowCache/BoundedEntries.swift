package import PixelFlowCore

/// The limits of an in-memory cache.
package struct CacheLimits: Sendable, Hashable {
    /// Maximum number of entries; beyond it, the least recently used are evicted.
    package var entries: Int
    /// Maximum total size; beyond it, the least recently used are evicted.
    package var bytes: Int
    /// Larger values are not cached.
    package var entryBytes: Int

    package init(entries: Int = 10_000, bytes: Int = 32 << 20, entryBytes: Int = 1 << 20) {
        self.entries = max(1, entries)
        self.bytes = max(1, bytes)
        self.entryBytes = min(entryBytes, self.bytes)
    }

    /// For entries of similar size, whose number alone is limited.
    package static func entries(_ count: Int) -> CacheLimits { CacheLimits(entries: count, bytes: .max, entryBytes: .max) }
}

/// An LRU cache as a value type; the owner must guard it with a lock.
package struct BoundedEntries<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let limits: CacheLimits
    private var entries: [Key: (value: Value, bytes: Int)] = [:]
    /// Least recently used first.
    private var order = LinkedQueue<Key>()
    package private(set) var bytes = 0

    package init(limits: CacheLimits) { self.limits = limits }

    package var count: Int { entries.count }

    /// The value of a key, without marking it as used.
    package func value(of key: Key) -> Value? { entries[key]?.value }

    /// The value of a key; marks it as used.
    package mutating func use(_ key: Key) -> Value? {
        guard let entry = entries[key] else { return nil }
        order.moveToEnd(key)
        return entry.value
    }

    /// Adds or replaces a value and marks it as used. If it is too large, the key is removed instead.
    package mutating func put(_ value: Value, for key: Key, bytes size: Int = 0) {
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
