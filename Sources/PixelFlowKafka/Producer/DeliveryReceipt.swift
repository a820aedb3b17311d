import Synchronization

/// Waits for the acknowledgements of the messages of one call.
final class DeliveryReceipt: Sendable {
    private struct State {
        var pending: Int
        var failure: KafkaError?
        var continuation: CheckedContinuation<Void, any Error>?
    }

    private let state: Mutex<State>

    init(messages: Int, _ continuation: CheckedContinuation<Void, any Error>) {
        state = Mutex(State(pending: messages, continuation: continuation))
    }

    /// An opaque reference that travels through C with a message, until `take`.
    func pass() -> UnsafeMutableRawPointer { Unmanaged.passRetained(self).toOpaque() }

    static func take(_ pointer: UnsafeMutableRawPointer?) -> DeliveryReceipt? {
        pointer.map { Unmanaged<DeliveryReceipt>.fromOpaque($0).takeRetainedValue() }
    }

    /// Records the outcome of some messages; after the last one, the caller continues.
    func report(_ failure: KafkaError?, messages: Int = 1) {
        let done: (CheckedContinuation<Void, any Error>, KafkaError?)? = state.withLock { state in
            state.pending -= messages
            state.failure = state.failure ?? failure
            guard state.pending == 0, let continuation = state.continuation else { return nil }
            state.continuation = nil
            return (continuation, state.failure)
        }
        guard let (continuation, failure) = done else { return }
        if let failure { continuation.resume(throwing: failure) } else { continuation.resume() }
    }
}
