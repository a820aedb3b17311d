/// Lets a bounded number of operations proceed at a time, in order of arrival: `FairAsyncSemaphore` with a single key.
package typealias AsyncSemaphore = FairAsyncSemaphore<SingleKey>

/// The key of all operations that are not told apart.
package enum SingleKey: Sendable, Hashable { case shared }

extension FairAsyncSemaphore where Key == SingleKey {
    /// - Parameters:
    ///   - permits: operations that proceed at a time; at least one.
    ///   - waiting: operations that may wait; what comes beyond is refused at once.
    ///   - waitTimeout: how long one may wait for a permit; nil for as long as it takes.
    ///   - onChange: is told each change in order, with the lock held: it must be quick, and must not call the semaphore.
    package convenience init(
        permits: Int, waiting: Int, waitTimeout: Duration? = nil, onChange: (@Sendable (SemaphoreUsage) -> Void)? = nil
    ) {
        let limits = FairSemaphoreLimits(permits: permits, permitsOfOneKey: permits, waiting: waiting, waitingOfOneKey: waiting)
        self.init(limits: limits, waitTimeout: waitTimeout, onChange: onChange)
    }

    /// As `withPermit` of a key.
    package func withPermit<Value>(
        until deadline: ContinuousClock.Instant? = nil, _ body: () async throws -> Value
    ) async throws -> Value {
        try await withPermit(.shared, until: deadline, body)
    }

    /// As `acquire` of a key.
    package func acquire(until deadline: ContinuousClock.Instant? = nil) async throws { try await acquire(.shared, until: deadline) }

    /// As `acquireFree` of a key.
    package func acquireFree() -> Int { acquireFree(.shared) }

    /// Gives `count` permits back.
    package func release(_ count: Int = 1) { for _ in 0..<count { release(.shared) } }
}
