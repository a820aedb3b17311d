import Dispatch
import Synchronization

/// Pages on their way from a thread that reads a database to a task that sends them: the thread waits while several are on their way, so
/// that a client that reads slowly costs no memory.
package final class ArchivePipe: Sendable {
    /// Pages that are read ahead.
    private static let capacity = 4
    /// A client that takes no page for so long is given up, and with it the transaction.
    private static let patience = DispatchTimeInterval.seconds(60)

    private struct State {
        var hasBegun = false
        var pages: [[ArchiveRow]] = []
        var end: Result<Void, any Error>?
        var isClosed = false
        var waiter: CheckedContinuation<[ArchiveRow]?, any Error>?
    }

    private let state = Mutex(State())
    /// Made with none and filled, because a semaphore must not end with less than it began with.
    private let room = DispatchSemaphore(value: 0)

    init() {
        for _ in 0..<Self.capacity { room.signal() }
    }

    /// Call it first: a database may run its reader again after a lost connection, and half of the rows would come twice.
    ///
    /// - Throws: `archive_interrupted` the second time.
    package func begin() throws {
        let isFirst = state.withLock { state in
            defer { state.hasBegun = true }
            return !state.hasBegun
        }
        guard isFirst else {
            throw PixelFlowError(
                .unavailable, code: "archive_interrupted", "The connection to the database was lost; start again.", retry: .outage,
                retryAfter: 1)
        }
    }

    /// Hands a page on. Blocks while too many are on their way.
    ///
    /// - Throws: `CancellationError` once nobody reads any more, or nobody has for a minute.
    package func send(_ page: [ArchiveRow]) throws {
        guard room.wait(timeout: .now() + Self.patience) == .success else { throw CancellationError() }
        let waiter: CheckedContinuation<[ArchiveRow]?, any Error>? = try state.withLock { state in
            if state.isClosed { throw CancellationError() }
            guard let waiter = state.waiter.take() else {
                state.pages.append(page)
                return nil
            }
            return waiter
        }
        guard let waiter else { return }
        room.signal()
        waiter.resume(returning: page)
    }

    func end(_ error: (any Error)? = nil) {
        let result: Result<Void, any Error> = error.map { .failure($0) } ?? .success(())
        let waiter = state.withLock { state in
            state.end = state.end ?? result
            return state.waiter.take()
        }
        waiter?.resume(with: result.map { nil })
    }

    func close() {
        state.withLock { $0.isClosed = true }
        end(CancellationError())
        // One page is all that the thread can be waiting with.
        room.signal()
    }

    /// The next page; nil after the last. For one task.
    func next() async throws -> [ArchiveRow]? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let answer: Result<[ArchiveRow]?, any Error>? = state.withLock { state in
                    if !state.pages.isEmpty { return .success(state.pages.removeFirst()) }
                    if let end = state.end { return end.map { nil } }
                    state.waiter = continuation
                    return nil
                }
                guard let answer else { return }
                if case .success(.some) = answer { room.signal() }
                continuation.resume(with: answer)
            }
        } onCancel: {
            close()
        }
    }
}
