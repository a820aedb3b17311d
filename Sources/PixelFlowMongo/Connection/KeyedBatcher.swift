import PixelFlowCore
import Synchronization

/// A `Batcher` for each key, such as the tenant: the requests of one key share commands, and never wait for those of other keys.
final class KeyedBatcher<Key: Hashable & Sendable, Item: Sendable, Outcome: Sendable>: Sendable {
    private struct Entry {
        let batcher: Batcher<Item, Outcome>
        /// The number of callers that use the batcher; the last one removes it.
        var callers = 0
    }

    private let entries = Mutex<[Key: Entry]>([:])
    private let make: @Sendable (Key) -> Batcher<Item, Outcome>

    /// - Parameters:
    ///   - maxConcurrentBatches: of all keys together; of one key there is one at a time. A batch of a key that waits for its turn still
    ///     takes requests.
    ///   - queueLimit: the maximum number of waiting requests of one key.
    ///   - send: returns a result for each item of the key, in the same order.
    init(
        maxConcurrentBatches: Int, queueLimit: Int = 1000,
        send: @escaping @Sendable (Key, [Item]) async throws -> [Result<Outcome, any Error>]
    ) {
        let turns = AsyncSemaphore(permits: maxConcurrentBatches, waiting: .max)
        make = { key in
            Batcher(maxConcurrentBatches: 1, queueLimit: queueLimit) { items in
                try await turns.withPermit { try await send(key, items) }
            }
        }
    }

    /// - Throws: the errors of `send`, for all callers of the batch, and those of `Batcher.submit`.
    func submit(_ item: Item, for key: Key) async throws -> Outcome {
        let batcher = entries.withLock { entries in
            let batcher = entries[key]?.batcher ?? make(key)
            entries[key, default: Entry(batcher: batcher)].callers += 1
            return batcher
        }
        defer {
            entries.withLock { entries in
                entries[key]?.callers -= 1
                if entries[key]?.callers == 0 { entries[key] = nil }
            }
        }
        return try await batcher.submit(item)
    }

    /// The number of keys that have requests.
    var count: Int { entries.withLock { $0.count } }

    /// The number of requests of a key that have no outcome yet.
    func callers(of key: Key) -> Int { entries.withLock { $0[key]?.callers ?? 0 } }
}
