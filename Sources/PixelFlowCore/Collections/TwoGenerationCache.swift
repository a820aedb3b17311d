import Synchronization

/// A cache of bounded size for keys that are expensive to hash, such as tokens and pipelines.
///
/// When the young generation is full, it becomes the old one, and entries of the old one that were not used are dropped. A lookup takes a
/// lock and never suspends. Most lookups hash the key once; in an LRU cache such as `BoundedEntries`, each hit moves the key in a list, which
/// hashes it several times.
package final class TwoGenerationCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct State {
        var young: [Key: Value] = [:]
        var old: [Key: Value] = [:]
    }

    private let state = Mutex(State())
    private let generation: Int

    /// - Parameter capacity: maximum number of entries.
    package init(capacity: Int) {
        generation = max(1, capacity / 2)
    }

    package subscript(_ key: Key) -> Value? {
        state.withLock { state in
            if let found = state.young[key] { return found }
            guard let found = state.old[key] else { return nil }
            insert(found, for: key, into: &state)
            return found
        }
    }

    package func insert(_ value: Value, for key: Key) {
        state.withLock { insert(value, for: key, into: &$0) }
    }

    package func remove(_ key: Key) {
        state.withLock { state in
            state.young[key] = nil
            state.old[key] = nil
        }
    }

    package func removeAll() {
        state.withLock { $0 = State() }
    }

    package var count: Int { state.withLock { $0.young.count + $0.old.count } }

    private func insert(_ value: Value, for key: Key, into state: inout State) {
        if state.young.count >= generation {
            state.old = state.young
            state.young = [:]
        }
        state.young[key] = value
    }
}
