import WireFormats

/// The numbers of the task protocol.
package struct TaskPolicy: Sendable, Hashable {
    /// How long a claim holds without a heartbeat.
    package var leaseDuration: Duration
    /// How often a worker renews its lease.
    package var renewInterval: Duration
    /// The time after which a worker that cannot renew its lease stops the run; below `lease`, by its own monotonic clock.
    package var renewDeadline: Duration
    /// Attempts a task may spend on transient failures. Nine waits of at least half of 2, 4, 8 … 300 s
    /// are over six minutes, so that a source that is away for five does not fail its tasks.
    package var maxAttempts: Int
    /// How long after its first transient failure a task may still be tried, whatever attempts are left.
    package var retryWindow: Duration
    /// Render processes that may die on a task.
    package var maxCrashes: Int
    /// Leases that may run out on a task.
    package var maxLosses: Int
    /// Losses after which a task is suspected of causing them, and runs alone.
    package var suspectLosses: Int
    /// How long a dispatch message may stay unacknowledged before it is published again.
    package var publishTimeout: Duration
    /// How long an acknowledged dispatch message is trusted; doubles each time, up to `redispatchIntervalLimit`.
    package var redispatchInterval: Duration
    package var redispatchIntervalLimit: Duration
    /// First and largest upper bound of the retry delay.
    package var retryBase: Duration
    package var retryLimit: Duration
    /// The longest time that a source may ask for with `Retry-After`; more counts as this.
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
    ///   - retryAfter: requested by the source; the delay is no shorter, up to `retryAfterLimit`, and
    ///     spread over a tenth more, so that the tasks of one source do not all return at once.
    package func transientDelay(failures: Int, jitter: Double, retryAfter: Duration? = nil) -> Duration {
        let backoff = backoff(.equal).pause(retry: failures, random: jitter)
        guard let retryAfter, retryAfter > .zero else { return backoff }
        let asked = min(retryAfter, retryAfterLimit).seconds
        return max(backoff, .microseconds(Int64(asked * (1 + 0.1 * min(max(jitter, 0), 1)) * 1_000_000)))
    }

    /// Full jitter: a uniformly random part of `min(retryLimit, retryBase * 2^failures)`.
    ///
    /// - Parameter jitter: 0 to 1.
    package func retryDelay(failures: Int, jitter: Double) -> Duration {
        backoff(.full).pause(retry: failures, random: jitter)
    }

    private func backoff(_ jitter: RetryPolicy.Jitter) -> RetryPolicy {
        RetryPolicy(firstPause: retryBase, longestPause: retryLimit, jitter: jitter)
    }

    /// Whether the image may have killed its render process or its worker. Its next run must be
    /// isolated, so that no other task can be the cause of a crash.
    package func isSuspect(_ task: TaskRecord) -> Bool { task.crashes > 0 || task.losses >= suspectLosses }

    /// How long to trust the broker with a dispatch message that it has acknowledged `acknowledged` times.
    package func trust(acknowledged: Int) -> Duration {
        RetryPolicy(firstPause: redispatchInterval, longestPause: redispatchIntervalLimit).pause(retry: acknowledged - 1)
    }
}
