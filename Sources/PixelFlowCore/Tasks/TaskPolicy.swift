/// The numbers of the task protocol.
public struct TaskPolicy: Sendable, Hashable {
    /// How long a claim holds without a heartbeat.
    public var lease: Duration
    /// How often a worker renews its lease.
    public var heartbeat: Duration
    /// When a worker that could not renew gives up by itself; below `lease`, on its own monotonic clock.
    public var surrender: Duration
    /// Attempts a task may spend on transient failures. Nine waits of at least half of 2, 4, 8 … 300 s
    /// are over six minutes, so that a source that is away for five does not fail its tasks.
    public var maxAttempts: Int
    /// How long after its first transient failure a task may still be tried, whatever attempts are left.
    public var retryWindow: Duration
    /// Render processes that may die on a task.
    public var maxCrashes: Int
    /// Leases that may run out on a task.
    public var maxLosses: Int
    /// Losses after which a task is suspected of causing them, and runs alone.
    public var suspectLosses: Int
    /// How long a wake-up may stay unacknowledged before it is published again.
    public var dispatchGrace: Duration
    /// How long an acknowledged wake-up is trusted; doubles each time, up to `dispatchTrustLimit`.
    public var dispatchTrust: Duration
    public var dispatchTrustLimit: Duration
    /// First and largest upper bound of the retry delay.
    public var retryBase: Duration
    public var retryLimit: Duration
    /// The longest time that a source may ask for with `Retry-After`; more counts as this.
    public var retryAfterLimit: Duration

    public init(
        lease: Duration = .seconds(30), heartbeat: Duration = .seconds(10), surrender: Duration = .seconds(25),
        maxAttempts: Int = 10, retryWindow: Duration = .seconds(6 * 3600), maxCrashes: Int = 2, maxLosses: Int = 10,
        suspectLosses: Int = 3,
        dispatchGrace: Duration = .seconds(5), dispatchTrust: Duration = .seconds(900), dispatchTrustLimit: Duration = .seconds(86_400),
        retryBase: Duration = .seconds(2), retryLimit: Duration = .seconds(300),
        retryAfterLimit: Duration = .seconds(3600)
    ) {
        self.lease = lease
        self.heartbeat = heartbeat
        self.surrender = surrender
        self.maxAttempts = maxAttempts
        self.retryWindow = retryWindow
        self.maxCrashes = maxCrashes
        self.maxLosses = maxLosses
        self.suspectLosses = suspectLosses
        self.dispatchGrace = dispatchGrace
        self.dispatchTrust = dispatchTrust
        self.dispatchTrustLimit = dispatchTrustLimit
        self.retryBase = retryBase
        self.retryLimit = retryLimit
        self.retryAfterLimit = retryAfterLimit
    }

    public static let standard = TaskPolicy()

    /// The wait after a transient failure. Half of `min(retryLimit, retryBase * 2^failures)` is certain and
    /// half is random: full jitter could spend all attempts in a moment.
    ///
    /// - Parameters:
    ///   - jitter: 0 to 1.
    ///   - retryAfter: what the source asked for; the wait is no shorter, up to `retryAfterLimit`, and
    ///     spread over a tenth more, so that the tasks of one source do not come back all at once.
    public func transientDelay(failures: Int, jitter: Double, retryAfter: Duration? = nil) -> Duration {
        let backoff = retryDelay(failures: failures, jitter: 0.5 + min(max(jitter, 0), 1) / 2)
        guard let retryAfter, retryAfter > .zero else { return backoff }
        let asked = min(retryAfter, retryAfterLimit).seconds
        return max(backoff, .microseconds(Int64(asked * (1 + 0.1 * min(max(jitter, 0), 1)) * 1_000_000)))
    }

    /// Full jitter: a uniformly random part of `min(retryLimit, retryBase * 2^failures)`.
    ///
    /// - Parameter jitter: 0 to 1.
    public func retryDelay(failures: Int, jitter: Double) -> Duration {
        let bound = min(retryLimit.seconds, retryBase.seconds * Double(1 << min(max(failures, 0), 30)))
        return .microseconds(Int64(bound * min(max(jitter, 0), 1) * 1_000_000))
    }

    /// Whether the image may be what kills its render process or its worker: its next run has to be
    /// alone, so that a death in it is nobody else's doing.
    public func isSuspect(_ task: TaskRecord) -> Bool { task.crashes > 0 || task.losses >= suspectLosses }

    /// How long to trust the broker with a wake-up that it has acknowledged `acknowledged` times.
    public func trust(acknowledged: Int) -> Duration {
        let factor = Double(1 << min(max(acknowledged - 1, 0), 30))
        return .microseconds(Int64(min(dispatchTrustLimit.seconds, dispatchTrust.seconds * factor) * 1_000_000))
    }
}
