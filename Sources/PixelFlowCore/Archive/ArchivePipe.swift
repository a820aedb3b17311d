import Dispatch
import Synchronization

/// Passes pages from a thread that reads a database to a task that sends them. The thread waits while several pages are buffered, so
/// that a slow client costs no memory.
package final class ArchivePipe: Sendable {
    /// Pages that are read in advance.
    private static let capacity = 4
    /// If no page is taken for this time, the read fails, which ends its transaction.
    private static let consumerTimeout = DispatchTimeInterval.seconds(60)

    private struct State {
        var hasBegun = false
        var pages: [[ArchiveRow]] = []
        var end: Result<Void, any Error>?
        var isClosed = false
        var waiter: CheckedContinuation<[ArchiveRow]?, any Error>?
    }

    private let state = Mutex(State())
    /// Created with 0 and then signalled, because a semaphore must not be released with less than its initial value.
    private let room = DispatchSemaphore(value: 0)

    init() {
        for _ in 0..<Self.capacity { room.signal() }
    }

    /// Must be called first: a database may repeat a read after it lost the connection, which would send rows twice.
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

    /// Adds a page. Blocks while the buffer is full.
    ///
    /// - Throws: `CancellationError` if the reader is gone, or has not read for a minute.
    package func send(_ page: [ArchiveRow]) throws {
        guard room.wait(timeout: .now() + Self.consumerTimeout) == .success else { throw CancellationError() }
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
        // The thread can be waiting with at most one page.
        room.signal()
    }

    /// The next page; nil after the last one. Must be called by only one task.
    func next() async throws -> [ArchiveRow]? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result: Result<[ArchiveRow]?, any Error>? = state.withLock { state in
                    if !state.pages.isEmpty { return .success(state.pages.removeFirst()) }
                    if let end = state.end { return end.map { nil } }
                    state.waiter = continuation
                    return nil
                }
                guard let result else { return }
                if case .success(.some) = result { room.signal() }
                continuation.resume(with: result)
            }
        } onCancel: {
            close()
        }
    }
}
