import Synchronization

/// Shares one run of an asynchronous operation among all concurrent callers.
///
/// Each caller waits independently: cancelling one does not affect the others. The run continues even without waiting callers,
/// because the next caller needs its result, and a background refresh has no waiter at all. So an operation must limit
/// its own duration. A run is forgotten when it ends: after a failure, the next caller starts a new one.
package final class SingleFlight<Value: Sendable>: Sendable {
    package typealias Operation = @Sendable () async throws -> Value
    private typealias Continuation = CheckedContinuation<Value?, any Error>

    private struct State {
        var flight = SingleFlightState<Continuation>()
        var last: UInt64 = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// The number of callers that wait for the current run.
    package var waiting: Int { state.withLock { $0.flight.waitingCount } }

    /// Waits for the current run, or starts one and waits for it.
    ///
    /// - Throws: the errors of the operation; `CancellationError` as soon as the caller is cancelled.
    package func run(_ operation: @escaping Operation) async throws -> Value {
        // Nil would mean that starting was not allowed.
        guard let value = try await run(startingIf: { true }, operation) else { throw CancellationError() }
        return value
    }

    /// Waits for the current run. If there is none, starts one if `mayStart` returns true.
    ///
    /// - Parameter mayStart: called while the lock is held, so that only one of several callers decides; it must not call back.
    /// - Returns: nil if there was no run and none was started.
    /// - Throws: like `run`.
    package func run(startingIf mayStart: @Sendable () -> Bool, _ operation: @escaping Operation) async throws -> Value? {
        let number = state.withLock { state in
            state.last += 1
            return state.last
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { join(number, $0, mayStart, operation) }
        } onCancel: {
            state.withLock { $0.flight.leave(number) }?.resume(throwing: CancellationError())
        }
    }

    /// Starts a run in the background if there is none and `mayStart` returns true. Never suspends.
    package func start(if mayStart: @Sendable () -> Bool = { true }, _ operation: @escaping Operation) {
        let join = state.withLock { $0.flight.join(0, nil, mayStart: mayStart) }
        if join == .start { launch(operation) }
    }

    private func join(_ number: UInt64, _ continuation: Continuation, _ mayStart: @Sendable () -> Bool, _ operation: @escaping Operation) {
        let join: SingleFlightState<Continuation>.Join? = state.withLock { state in
            // The cancellation handler may have run earlier without finding a waiter.
            if Task.isCancelled { return nil }
            return state.flight.join(number, continuation, mayStart: mayStart)
        }
        switch join {
        case .start: launch(operation)
        case .joined: break
        case .refused: continuation.resume(returning: nil)
        case nil: continuation.resume(throwing: CancellationError())
        }
    }

    private func launch(_ operation: @escaping Operation) {
        Task {
            let outcome: Result<Value?, any Error>
            do {
                outcome = .success(try await operation())
            } catch {
                outcome = .failure(error)
            }
            for waiter in state.withLock({ $0.flight.land() }) { waiter.resume(with: outcome) }
        }
    }
}
