import Synchronization

/// Lets a bounded number of operations proceed at a time, fairly by key: tenants take turns, however many wait of each.
package final class FairAsyncSemaphore<Key: Hashable & Sendable>: Sendable {
    private struct State {
        var rules: FairSemaphoreState<Key>
        var continuations: [UInt64: CheckedContinuation<Void, any Error>] = [:]
        /// What was decided before the waiter had a continuation.
        var early: [UInt64: Result<Void, any Error>] = [:]
        var last: UInt64 = 0

        /// - Returns: what is to be resumed, outside the lock.
        mutating func settle(_ waiter: UInt64, _ outcome: Result<Void, any Error>) -> CheckedContinuation<Void, any Error>? {
            if let continuation = continuations.removeValue(forKey: waiter) { return continuation }
            early[waiter] = outcome
            return nil
        }
    }

    private let state: Mutex<State>
    private let waitTimeout: Duration

    /// - Parameter waitTimeout: how long one may wait for a permit.
    package init(limits: FairSemaphoreLimits, waitTimeout: Duration) {
        state = Mutex(State(rules: FairSemaphoreState(limits: limits)))
        self.waitTimeout = waitTimeout
    }

    /// Operations that wait for a permit.
    package var waiting: Int { state.withLock { $0.rules.waitingCount } }

    /// Runs `body` once `key` has a permit.
    ///
    /// - Throws: `AdmissionError` where too many wait already or the wait took too long; `CancellationError`.
    package func withPermit<Value>(_ key: Key, _ body: () async throws -> Value) async throws -> Value {
        try await acquire(key)
        defer { release(key) }
        return try await body()
    }

    private func acquire(_ key: Key) async throws {
        try Task.checkCancellation()
        let (waiter, admission) = state.withLock { state in
            state.last += 1
            return (state.last, state.rules.acquire(key, as: state.last))
        }
        switch admission {
        case .granted: return
        case .refused: throw AdmissionError.full
        case .queued: try await wait(waiter, key)
        }
    }

    private func wait(_ waiter: UInt64, _ key: Key) async throws {
        let alarm = Task { [waitTimeout] in
            try await Task.sleep(for: waitTimeout)
            fail(waiter, key, AdmissionError.waitedTooLong)
        }
        defer { alarm.cancel() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { park(waiter, $0) }
            // Granted and cancelled at once: the permit goes on to the next.
            if Task.isCancelled {
                release(key)
                throw CancellationError()
            }
        } onCancel: {
            fail(waiter, key, CancellationError())
        }
    }

    private func park(_ waiter: UInt64, _ continuation: CheckedContinuation<Void, any Error>) {
        let outcome: Result<Void, any Error>? = state.withLock { state in
            if let early = state.early.removeValue(forKey: waiter) { return early }
            state.continuations[waiter] = continuation
            return nil
        }
        if let outcome { continuation.resume(with: outcome) }
    }

    private func release(_ key: Key) {
        let resumed = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            guard let next = state.rules.release(key) else { return nil }
            return state.settle(next, .success(()))
        }
        resumed?.resume()
    }

    private func fail(_ waiter: UInt64, _ key: Key, _ error: any Error) {
        let failed = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            guard state.rules.cancel(waiter, of: key) else { return nil }
            return state.settle(waiter, .failure(error))
        }
        failed?.resume(throwing: error)
    }
}

/// Why an operation was not admitted.
package enum AdmissionError: Error, Sendable {
    /// As many wait already as may.
    case full
    case waitedTooLong
}
