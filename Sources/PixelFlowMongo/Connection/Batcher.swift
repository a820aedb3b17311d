import PixelFlowCore
import Synchronization

/// Combines the requests of concurrent callers into one command: while one command is in progress, requests for the next one are
/// collected.
///
/// If the batcher is idle, a caller does not wait. Under load, all callers that arrive in the meantime share a command, its round
/// trip and its disk sync.
final class Batcher<Item: Sendable, Outcome: Sendable>: Sendable {
    private struct Waiting {
        let item: Item
        let continuation: CheckedContinuation<Outcome, any Error>
    }

    private struct State {
        var queue: [Waiting] = []
        var running = 0
    }

    private let state = Mutex(State())
    private let batchLimit: Int
    private let maxConcurrentBatches: Int
    private let queueLimit: Int
    private let send: @Sendable ([Item]) async throws -> [Result<Outcome, any Error>]

    /// - Parameters:
    ///   - batchLimit: items per batch; 100 tasks are well below the 48 MB of a message.
    ///   - maxConcurrentBatches: with two, one is in transit while the other is being synced to disk.
    ///   - send: returns a result for each item, in the same order.
    init(
        batchLimit: Int = 100, maxConcurrentBatches: Int = 2, queueLimit: Int = 5000,
        send: @escaping @Sendable ([Item]) async throws -> [Result<Outcome, any Error>]
    ) {
        self.batchLimit = batchLimit
        self.maxConcurrentBatches = maxConcurrentBatches
        self.queueLimit = queueLimit
        self.send = send
    }

    /// - Throws: the errors of `send`, for all callers of the batch; `task_database_busy` if too many callers are already waiting, so that
    ///   the item was not sent.
    func submit(_ item: Item) async throws -> Outcome {
        try await withCheckedThrowingContinuation { continuation in
            let startsBatches: Bool? = state.withLock { state in
                guard state.queue.count < queueLimit else { return nil }
                state.queue.append(Waiting(item: item, continuation: continuation))
                guard state.running < maxConcurrentBatches else { return false }
                state.running += 1
                return true
            }
            switch startsBatches {
            case nil: continuation.resume(throwing: PixelFlowError.busy(MongoDatabase.backend, cause: AdmissionError.full))
            case true?: Task { await sendBatches() }
            case false?: break
            }
        }
    }

    private func sendBatches() async {
        while let batch = nextBatch() {
            do {
                let outcomes = try await send(batch.map(\.item))
                for (waiting, outcome) in zip(batch, outcomes) { waiting.continuation.resume(with: outcome) }
            } catch {
                for waiting in batch { waiting.continuation.resume(throwing: error) }
            }
        }
    }

    /// Returns nil if no request is waiting.
    private func nextBatch() -> [Waiting]? {
        state.withLock { state in
            guard !state.queue.isEmpty else {
                state.running -= 1
                return nil
            }
            let batch = Array(state.queue.prefix(batchLimit))
            state.queue.removeFirst(batch.count)
            return batch
        }
    }
}
