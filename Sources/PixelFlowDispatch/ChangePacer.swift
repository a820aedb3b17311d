import PixelFlowCore

/// Decides when changes of tasks are published: a pure state machine that takes the time as input.
///
/// Each publication has a cost all the way to every client, so under load, many changes share one. However, a change that a client
/// may be waiting for must not wait for other changes that may never come:
///
/// - If few other tasks are in progress, the end of a task is published immediately. A client that waits for each result before it
///   sends the next task is thus never delayed, however fast it is.
/// - If many are in progress, ends are published from a bucket of `burst` publications that is refilled with one every
///   `finalPace`.
/// - Progress of a task waits for other changes for up to `otherPace`, and is published together with any end.
struct ChangePacer<Instant: InstantProtocol> where Instant.Duration == Duration {
    /// The number of other tasks in progress that counts as many: the number that the smallest worker has under load.
    static var many: Int { 2 }
    /// How long a task counts as in progress after its latest change. A longer render publishes nothing that an end could wait for.
    static var window: Duration { .milliseconds(100) }
    static var burst: Int { 5 }
    static var finalPace: Duration { .milliseconds(20) }
    static var otherPace: Duration { .milliseconds(100) }

    /// When the waiting changes are due; nil if there are none.
    private(set) var due: Instant?
    /// The latest change of each task in progress.
    private var underWay: [TaskID: Instant] = [:]
    /// When the bucket will be full.
    private var isFullAt: Instant
    /// When a change other than an end may be published again.
    private var nextOther: Instant
    /// Whether a waiting end must take a publication from the bucket.
    private var isPacedEndWaiting = false

    init(at now: Instant) {
        isFullAt = now
        nextOther = now
    }

    /// Adds a change.
    ///
    /// - Parameter isFinal: whether it is the end of the task, or equally urgent.
    /// - Returns: the new due time of all waiting changes, if it has become earlier.
    mutating func add(_ task: TaskID, isFinal: Bool, at now: Instant) -> Instant? {
        let time = isFinal ? end(task, at: now) : progress(task, at: now)
        if let due, due <= time { return nil }
        due = time
        return time
    }

    private mutating func progress(_ task: TaskID, at now: Instant) -> Instant {
        underWay[task] = now
        return max(now, nextOther)
    }

    private mutating func end(_ task: TaskID, at now: Instant) -> Instant {
        underWay[task] = nil
        guard isOneOfMany(at: now) else { return now }
        isPacedEndWaiting = true
        return max(now, nextInBucket)
    }

    /// When the bucket has at least one publication.
    private var nextInBucket: Instant { isFullAt.advanced(by: Self.finalPace * -(Self.burst - 1)) }

    private func isOneOfMany(at now: Instant) -> Bool {
        var others = 0
        for latest in underWay.values where latest.duration(to: now) < Self.window {
            others += 1
            if others == Self.many { return true }
        }
        return false
    }

    /// Whether the waiting changes are due now; if so, they count as published.
    mutating func publish(at now: Instant) -> Bool {
        guard let due, due <= now else { return false }
        flush(at: now)
        return true
    }

    /// Publishes all waiting changes, whether they are due or not.
    mutating func flush(at now: Instant) {
        due = nil
        if isPacedEndWaiting { isFullAt = max(isFullAt, now).advanced(by: Self.finalPace) }
        isPacedEndWaiting = false
        nextOther = now.advanced(by: Self.otherPace)
        underWay = underWay.filter { $0.value.duration(to: now) < Self.window }
    }
}
