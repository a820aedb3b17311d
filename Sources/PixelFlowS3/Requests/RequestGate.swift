import NIOCore
import PixelFlowCore
import Synchronization

/// Admits a bounded number of concurrent requests in order of arrival; a bounded number waits.
final class RequestGate: Sendable {
    private struct State {
        var free: Int
        var queue: [(number: UInt64, continuation: CheckedContinuation<Void, any Error>)] = []
        var next: UInt64 = 0
    }

    private let state: Mutex<State>
    private let waiting: Int

    init(limit: Int, waiting: Int) {
        state = Mutex(State(free: limit))
        self.waiting = waiting
    }

    /// Runs `body` when there is room.
    ///
    /// - Parameter loop: keeps the time.
    /// - Throws: `blob_store_unavailable` if too many wait already or the deadline passes first; `CancellationError`.
    func pass<Value: Sendable>(
        before deadline: NIODeadline, on loop: any EventLoop, _ body: () async throws -> Value
    ) async throws -> Value {
        try await enter(before: deadline, on: loop)
        defer { leave() }
        return try await body()
    }

    private func enter(before deadline: NIODeadline, on loop: any EventLoop) async throws {
        let number: UInt64? = try state.withLock { state in
            if state.free > 0 {
                state.free -= 1
                return nil
            }
            guard state.queue.count < waiting else { throw PixelFlowError.unavailable("blob_store", cause: RequestQueueFullError()) }
            state.next += 1
            return state.next
        }
        guard let number else { return }
        let alarm = loop.scheduleTask(deadline: deadline) {
            self.fail(number, PixelFlowError.unavailable("blob_store", cause: RequestQueueFullError()))
        }
        defer { alarm.cancel() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { wait(number, $0) }
        } onCancel: {
            fail(number, CancellationError())
        }
    }

    private func wait(_ number: UInt64, _ continuation: CheckedContinuation<Void, any Error>) {
        let entersNow = state.withLock { state in
            if state.free > 0 {
                state.free -= 1
                return true
            }
            state.queue.append((number, continuation))
            return false
        }
        if entersNow {
            continuation.resume()
        } else if Task.isCancelled {
            // The handler may have run before there was anything to fail.
            fail(number, CancellationError())
        }
    }

    private func leave() {
        let next = state.withLock { state in
            if state.queue.isEmpty {
                state.free += 1
                return nil as CheckedContinuation<Void, any Error>?
            }
            return state.queue.removeFirst().continuation
        }
        next?.resume()
    }

    private func fail(_ number: UInt64, _ error: any Error) {
        let waiter = state.withLock { state in
            state.queue.firstIndex { $0.number == number }.map { state.queue.remove(at: $0).continuation }
        }
        waiter?.resume(throwing: error)
    }
}

/// More requests than the object store keeps up with.
struct RequestQueueFullError: Error, CustomStringConvertible {
    var description: String { "too many requests are waiting for the object store" }
}
