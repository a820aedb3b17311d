/// Limits the number of concurrent operations, which proceed in order of arrival: a `FairAsyncSemaphore` with a single key.
package typealias AsyncSemaphore = FairAsyncSemaphore<SingleKey>

/// The key of all operations, if they need not be distinguished.
package enum SingleKey: Sendable, Hashable { case shared }

extension FairAsyncSemaphore where Key == SingleKey {
    /// - Parameters:
    ///   - permits: the maximum number of concurrent operations; at least one.
    ///   - waiting: the maximum number of waiting operations; further ones are rejected immediately.
    ///   - waitTimeout: how long an operation may wait for a permit; nil for no limit.
    ///   - onChange: called for each change, in order and while the lock is held, so it must be quick and must not call the semaphore.
    package convenience init(
        permits: Int, waiting: Int, waitTimeout: Duration? = nil, onChange: (@Sendable (SemaphoreUsage) -> Void)? = nil
    ) {
        let limits = FairSemaphoreLimits(permits: permits, permitsOfOneKey: permits, waiting: waiting, waitingOfOneKey: waiting)
        self.init(limits: limits, waitTimeout: waitTimeout, onChange: onChange)
    }

    /// Like `withPermit` with a key.
    package func withPermit<Value>(
        until deadline: ContinuousClock.Instant? = nil, _ body: () async throws -> Value
    ) async throws -> Value {
        try await withPermit(.shared, until: deadline, body)
    }

    /// Like `acquire` with a key.
    package func acquire(until deadline: ContinuousClock.Instant? = nil) async throws { try await acquire(.shared, until: deadline) }

    /// Like `acquireFree` with a key.
    package func acquireFree() -> Int { acquireFree(.shared) }

    /// Releases `count` permits.
    package func release(_ count: Int = 1) { for _ in 0..<count { release(.shared) } }
}
