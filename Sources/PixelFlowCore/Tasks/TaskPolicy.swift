import WireFormats

/// The parameters of the task protocol.
package struct TaskPolicy: Sendable, Hashable {
    /// How long a claim is valid without a renewal.
    package var leaseDuration: Duration
    /// How often a worker renews its lease.
    package var renewInterval: Duration
    /// The time after which a worker that cannot renew its lease stops the run, by its own monotonic clock; less than `leaseDuration`.
    package var renewDeadline: Duration
    /// The maximum number of attempts with transient failures. Nine delays of at least half of 2, 4, 8 … 300 s
    /// exceed six minutes, so a source that is unavailable for five minutes does not fail its tasks.
    package var maxAttempts: Int
    /// How long after its first transient failure a task may be retried, regardless of the remaining attempts.
    package var retryWindow: Duration
    /// The number of render processes that may crash on a task.
    package var maxCrashes: Int
    /// The number of leases of a task that may expire.
    package var maxLosses: Int
    /// The number of losses after which a task is suspected of causing them, and runs alone.
    package var suspectLosses: Int
    /// How long a dispatch message may stay unacknowledged before it is published again.
    package var publishTimeout: Duration
    /// How long an acknowledged dispatch message is trusted to be delivered; doubles each time, up to `redispatchIntervalLimit`.
    package var redispatchInterval: Duration
    package var redispatchIntervalLimit: Duration
    /// The initial and the maximum upper bound of the retry delay.
    package var retryBase: Duration
    package var retryLimit: Duration
    /// The longest accepted `Retry-After` of a source; longer values are clamped.
    package var retryAfterLimit: Duration

    package init(
        leaseDuration: Duration = .seconds(30), renewInterval: Duration = .seconds(10), renewDeadline: Duration = .seconds(25),
        maxAttempts: Int = 10, retryWindow: Duration = .seconds(6 * 3600), maxCrashes: Int = 2, maxLosses: Int = 10,
        suspectLosses: Int = 3,
        publishTimeout: Duration = .seconds(5), redispatchInterval: Duration = .seconds(900),
        redispatchIntervalLimit: Duration = .seconds(86_400),
        retryBase: Duration = .seconds(2), retryLimit: Duration = .seconds(300),
        retryAfterLimit: Duration = .seconds(3600)
    ) {
        self.leaseDuration = leaseDuration
        self.renewInterval = renewInterval
        self.renewDeadline = renewDeadline
        self.maxAttempts = maxAttempts
        self.retryWindow = retryWindow
        self.maxCrashes = maxCrashes
        self.maxLosses = maxLosses
        self.suspectLosses = suspectLosses
        self.publishTimeout = publishTimeout
        self.redispatchInterval = redispatchInterval
        self.redispatchIntervalLimit = redispatchIntervalLimit
        self.retryBase = retryBase
        self.retryLimit = retryLimit
        self.retryAfterLimit = retryAfterLimit
    }

    package static let standard = TaskPolicy()

    /// The delay after a transient failure. Half of `min(retryLimit, retryBase * 2^failures)` is fixed and
    /// half is random: full jitter could use up all attempts within a moment.
    ///
    /// - Parameters:
    ///   - jitter: 0 to 1.
    ///   - retryAfter: requested by the source. The delay is at least this, clamped to `retryAfterLimit`, plus up to a
    ///     tenth, so that the tasks of one source are not all retried simultaneously.
    package func transientDelay(failures: Int, jitter: Double, retryAfter: Duration? = nil) -> Duration {
        let backoff = backoff(.equal).pause(retry: failures, random: jitter)
        guard let retryAfter, retryAfter > .zero else { return backoff }
        return max(backoff, Jitter.extended(by: 0.1).applied(to: min(retryAfter, retryAfterLimit), random: jitter))
    }

    /// Full jitter: a uniformly random part of `min(retryLimit, retryBase * 2^failures)`.
    ///
    /// - Parameter jitter: 0 to 1.
    package func retryDelay(failures: Int, jitter: Double) -> Duration {
        backoff(.full).pause(retry: failures, random: jitter)
    }

    private func backoff(_ jitter: Jitter) -> RetryPolicy {
        RetryPolicy(firstPause: retryBase, longestPause: retryLimit, jitter: jitter)
    }

    /// Whether the image may have killed its render process or its worker. Its next run must be
    /// isolated, so that no other task can be the cause of a crash.
    package func isSuspect(_ task: TaskRecord) -> Bool { task.crashes > 0 || task.losses >= suspectLosses }

    /// How long to wait before publishing again, after the broker has acknowledged `acknowledged` dispatch messages.
    package func redispatchInterval(acknowledged: Int) -> Duration {
        RetryPolicy(firstPause: redispatchInterval, longestPause: redispatchIntervalLimit).pause(retry: acknowledged - 1)
    }
}
