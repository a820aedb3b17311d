import Synchronization

/// A cache of bounded size with text keys.
///
/// When the young generation is full, it becomes the old one, and entries of the old one that were not used are dropped. A lookup takes a
/// lock and never suspends.
final class TwoGenerationCache<Value: Sendable>: Sendable {
    private struct State {
        var young: [String: Value] = [:]
        var old: [String: Value] = [:]
    }

    private let state = Mutex(State())
    private let generation: Int

    /// - Parameter capacity: maximum number of entries.
    init(capacity: Int) {
        generation = max(1, capacity / 2)
    }

    subscript(_ text: String) -> Value? {
        state.withLock { state in
            if let found = state.young[text] { return found }
            guard let found = state.old[text] else { return nil }
            insert(found, for: text, into: &state)
            return found
        }
    }

    func insert(_ value: Value, for text: String) {
        state.withLock { insert(value, for: text, into: &$0) }
    }

    func remove(_ text: String) {
        state.withLock { state in
            state.young[text] = nil
            state.old[text] = nil
        }
    }

    func removeAll() {
        state.withLock { $0 = State() }
    }

    var count: Int { state.withLock { $0.young.count + $0.old.count } }

    private func insert(_ value: Value, for text: String, into state: inout State) {
        if state.young.count >= generation {
            state.old = state.young
            state.young = [:]
        }
        state.young[text] = value
    }
}
