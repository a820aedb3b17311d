import Synchronization

/// Shares one run of an asynchronous operation among all callers that need it at the same time.
///
/// Each caller waits by itself: cancelling one ends its own wait and nobody else's. The run goes on even when nobody waits any
/// more, because the next caller needs its outcome and a refresh in the background has no waiter at all; so an operation must bound
/// its own time. A run is forgotten once it ends: after a failure the next caller starts a new one.
package final class SingleFlight<Value: Sendable>: Sendable {
    package typealias Operation = @Sendable () async throws -> Value
    private typealias Continuation = CheckedContinuation<Value?, any Error>

    private struct State {
        var flight = SingleFlightState<Continuation>()
        var last: UInt64 = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Callers that wait for the run under way.
    package var waiting: Int { state.withLock { $0.flight.waitingCount } }

    /// Waits for the run under way, or starts one and waits for it.
    ///
    /// - Throws: what the operation throws; `CancellationError` as soon as the caller is cancelled.
    package func run(_ operation: @escaping Operation) async throws -> Value {
        // Only a start that is not allowed gives nil.
        guard let value = try await run(startingIf: { true }, operation) else { throw CancellationError() }
        return value
    }

    /// Waits for the run under way; where there is none, starts one if `mayStart` says so.
    ///
    /// - Parameter mayStart: evaluated under the lock, so that of many callers one decides; it must not call back.
    /// - Returns: nil where no run was under way and none might start.
    /// - Throws: as `run`.
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

    /// Starts a run in the background if none is under way and `mayStart` says so. Never suspends.
    package func start(if mayStart: @Sendable () -> Bool = { true }, _ operation: @escaping Operation) {
        let join = state.withLock { $0.flight.join(0, nil, mayStart: mayStart) }
        if join == .start { launch(operation) }
    }

    private func join(_ number: UInt64, _ continuation: Continuation, _ mayStart: @Sendable () -> Bool, _ operation: @escaping Operation) {
        let join: SingleFlightState<Continuation>.Join? = state.withLock { state in
            // A cancellation handler that ran before has found nobody to wake.
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
