import Synchronization

/// Limits the number of concurrent operations, fairly by key: tenants take turns, regardless of how many operations of each wait.
///
/// `SemaphoreState` contains the rules; this class adds the lock, continuations and timers. A waiter is queued and its
/// continuation stored in one critical section, so that a grant, a deadline, a cancellation or a close finds either no waiter or
/// one that can be resumed.
package final class FairAsyncSemaphore<Key: Hashable & Sendable>: Sendable {
    private typealias Waiter = SemaphoreState<Key>.Waiter

    private struct Parked {
        let continuation: CheckedContinuation<Void, any Error>
        let alarm: Task<Void, any Error>?

        func resume(with result: Result<Void, any Error>) {
            alarm?.cancel()
            continuation.resume(with: result)
        }
    }

    private struct State: Sendable {
        var rules: SemaphoreState<Key>
        var parked: [Waiter: Parked] = [:]
        var lastWaiter: Waiter = 0
    }

    private let state: Mutex<State>
    private let waitTimeout: Duration?
    private let onChange: (@Sendable (SemaphoreUsage) -> Void)?

    /// - Parameters:
    ///   - waitTimeout: how long a caller may wait for a permit; nil for no limit.
    ///   - onChange: called for each change, in order and while the lock is held, so it must be quick and must not call the semaphore.
    ///   - lane: the lane of a key; by default, keys have no lanes. Called while the lock is held.
    package init(
        limits: FairSemaphoreLimits, waitTimeout: Duration?, onChange: (@Sendable (SemaphoreUsage) -> Void)? = nil,
        lane: @escaping @Sendable (Key) -> Lane = { _ in .normal }
    ) {
        state = Mutex(State(rules: SemaphoreState(limits: limits, lane: lane)))
        self.waitTimeout = waitTimeout
        self.onChange = onChange
    }

    /// The number of operations that wait for a permit.
    package var waiting: Int { state.withLock { $0.rules.waiting } }

    /// Runs `body` with a permit for `key`.
    ///
    /// - Parameter deadline: when to stop waiting, if earlier than `waitTimeout` allows.
    /// - Throws: the errors of `acquire` and of `body`.
    package func withPermit<Value>(
        _ key: Key, until deadline: ContinuousClock.Instant? = nil, _ body: () async throws -> Value
    ) async throws -> Value {
        try await acquire(key, until: deadline)
        defer { release(key) }
        return try await body()
    }

    /// Waits for a permit. The caller must release it with `release`.
    ///
    /// A free permit is granted regardless of the deadline, and even to a cancelled task: both only end waiting.
    ///
    /// - Parameter deadline: when to stop waiting, if earlier than `waitTimeout` allows.
    /// - Throws: `AdmissionError`; `CancellationError` if the task is cancelled while it waits.
    package func acquire(_ key: Key, until deadline: ContinuousClock.Instant? = nil) async throws {
        let waiter: Waiter? = change { state in
            if state.rules.tryAcquire(key) { return nil }
            state.lastWaiter += 1
            return state.lastWaiter
        }
        guard let waiter else { return }
        let end = [deadline, waitTimeout.map { .now + $0 }].compactMap(\.self).min()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                if let decision = park(waiter, key, until: end, continuation) { continuation.resume(with: decision) }
                // The cancellation handler may have run before the waiter was queued.
                if Task.isCancelled { giveUp(waiter, CancellationError()) }
            }
        } onCancel: {
            giveUp(waiter, CancellationError())
        }
    }

    /// Acquires all permits that are currently free for the key, without overtaking waiting operations.
    ///
    /// - Returns: the number of permits; the caller must release each of them.
    package func acquireFree(_ key: Key) -> Int { change { $0.rules.acquireFree(key) } }

    package func release(_ key: Key) {
        let next = change { state in state.rules.release(key).flatMap { state.parked.removeValue(forKey: $0) } }
        next?.resume(with: .success(()))
    }

    /// Rejects waiting and future operations with `AdmissionError.closed`. Acquired permits must still be released.
    package func close() {
        let refused = change { state in state.rules.close().compactMap { state.parked.removeValue(forKey: $0) } }
        for waiter in refused { waiter.resume(with: .failure(AdmissionError.closed)) }
    }

    /// - Returns: nil if the caller must wait.
    private func park(
        _ waiter: Waiter, _ key: Key, until end: ContinuousClock.Instant?, _ continuation: CheckedContinuation<Void, any Error>
    ) -> Result<Void, any Error>? {
        change { state in
            switch state.rules.acquire(key, as: waiter) {
            case .granted: return .success(())
            case .refused: return .failure(AdmissionError.full)
            case .closed: return .failure(AdmissionError.closed)
            case .queued:
                // Created while the lock is held, so that a timer that fires immediately finds its waiter.
                let alarm = end.map { end in
                    Task {
                        try await Task.sleep(until: end, clock: .continuous)
                        giveUp(waiter, AdmissionError.waitedTooLong)
                    }
                }
                state.parked[waiter] = Parked(continuation: continuation, alarm: alarm)
                return nil
            }
        }
    }

    private func giveUp(_ waiter: Waiter, _ error: any Error) {
        let parked = change { state in state.rules.cancel(waiter) ? state.parked.removeValue(forKey: waiter) : nil }
        parked?.resume(with: .failure(error))
    }

    private func change<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
        state.withLock { state in
            let before = state.rules.usage
            let value = body(&state)
            if let onChange, state.rules.usage != before { onChange(state.rules.usage) }
            return value
        }
    }
}

/// Why an operation got no permit.
package enum AdmissionError: Error, Sendable, CustomStringConvertible {
    /// Too many operations are already waiting.
    case full
    /// No permit became free before the timeout or the deadline.
    case waitedTooLong
    /// The semaphore has been closed.
    case closed

    package var description: String {
        switch self {
        case .full: "too many operations are waiting already"
        case .waitedTooLong: "the wait took too long"
        case .closed: "nothing is admitted any more"
        }
    }
}
