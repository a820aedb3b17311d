package import Hummingbird

extension RequestBody {
    /// Runs `operation`, which reads nothing of the body, and cancels it if the client closes the connection meanwhile.
    package func cancellingOnClose<Value: Sendable>(_ operation: () async throws -> Value) async throws -> Value {
        try await consumeWithCancellationOnInboundClose { body in
            body.drop()
            return try await operation()
        }
    }

    /// Has no more of the body produced.
    ///
    /// Hummingbird feeds the body through a sequence of NIO and, if the operation is over before the end of the body was seen, may
    /// release its source unfinished: NIO then ends the process. A sequence whose iterator is gone counts as finished.
    private func drop() { _ = makeAsyncIterator() }
}
