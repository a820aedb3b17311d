import Hummingbird
import NIOCore
import PixelFlowCore
import Synchronization

/// The body of a request on its way to an upstream. Each chunk is read when the upstream accepts it.
///
/// The HTTP client reads it on a separate task, which continues for a moment after an upstream has rejected the rest. A connection must not
/// be read concurrently, so `close` must finish before anything else reads from it.
///
/// Unchecked `Sendable`: only the task that has set `state` to `reading` uses the iterator.
final class RelayedBody: AsyncSequence, @unchecked Sendable {
    typealias Element = ByteBuffer
    typealias Failure = any Error

    private enum State {
        case idle
        case reading(closing: CheckedContinuation<Void, Never>?)
        case closed
    }

    private let state = Mutex(State.idle)
    private let broken = Atomic(false)
    private var iterator: RequestBody.AsyncIterator
    private let gate: AsyncLatch?

    /// - Parameter gate: reading waits until it fires.
    init(_ body: RequestBody, gate: AsyncLatch? = nil) {
        iterator = body.makeAsyncIterator()
        self.gate = gate
    }

    /// Whether the client disconnected before the end.
    var isBroken: Bool { broken.load(ordering: .relaxed) }

    /// Stops reading; returns when no read is in progress.
    func close() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                guard case .reading = state else {
                    state = .closed
                    return true
                }
                state = .reading(closing: continuation)
                return false
            }
            // A task waiting at the gate then finds the body closed.
            gate?.fire()
            if isIdle { continuation.resume() }
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(body: self) }

    struct Iterator: AsyncIteratorProtocol {
        let body: RelayedBody

        mutating func next() async throws -> ByteBuffer? { try await body.next() }
    }

    private func next() async throws -> ByteBuffer? {
        if let gate, await !gate.wait() { throw CancellationError() }
        guard begin() else { return nil }
        defer { end() }
        do {
            return try await iterator.next()
        } catch {
            broken.store(true, ordering: .relaxed)
            throw error
        }
    }

    private func begin() -> Bool {
        state.withLock { state in
            guard case .idle = state else { return false }
            state = .reading(closing: nil)
            return true
        }
    }

    private func end() {
        let closing: CheckedContinuation<Void, Never>? = state.withLock { state in
            guard case .reading(let closing) = state else { return nil }
            state = closing == nil ? .idle : .closed
            return closing
        }
        closing?.resume()
    }
}
