import PixelFlowCore

/// Decides when changes of tasks are published: a pure state machine, told the time.
///
/// Each publication costs something from here to every client, so under load many changes share one. A change that someone may
/// be waiting for must not wait for company that will not come, though:
///
/// - A task that ends while few others are under way is told of at once. A client that waits for each result before it sends
///   the next task is never paced, however fast it is: nothing else can happen until it has been told.
/// - While many are under way, ends are told of from a bucket of `burst` publications that is refilled with one every
///   `finalPace`.
/// - Whatever happens to a task before its end waits for company for up to `otherPace`, and travels with any end.
struct ChangePacer<Instant: InstantProtocol> where Instant.Duration == Duration {
    /// Others under way from which a task is one of many: as many as the least worker has in hand beside it under load.
    static var many: Int { 2 }
    /// A task counts as under way for so long after its latest change; a longer render announces nothing that could be company.
    static var window: Duration { .milliseconds(100) }
    static var burst: Int { 5 }
    static var finalPace: Duration { .milliseconds(20) }
    static var otherPace: Duration { .milliseconds(100) }

    /// When the changes that wait are to be published; nil if none wait.
    private(set) var due: Instant?
    /// The latest change of each task under way.
    private var underWay: [TaskID: Instant] = [:]
    /// When the bucket is full.
    private var isFullAt: Instant
    /// When something other than an end may be published again.
    private var nextOther: Instant
    /// Whether an end waits that must be paid for from the bucket.
    private var isPacedEndWaiting = false

    init(at now: Instant) {
        isFullAt = now
        nextOther = now
    }

    /// A change waits to be published.
    ///
    /// - Parameter isFinal: whether it is the end of the task, or as urgent.
    /// - Returns: when all that waits is to be published, where that is earlier than it was.
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

    /// The bucket holds a publication from then on.
    private var nextInBucket: Instant { isFullAt.advanced(by: Self.finalPace * -(Self.burst - 1)) }

    private func isOneOfMany(at now: Instant) -> Bool {
        var others = 0
        for latest in underWay.values where latest.duration(to: now) < Self.window {
            others += 1
            if others == Self.many { return true }
        }
        return false
    }

    /// Whether what waits is to be published now; it counts as published then.
    mutating func publish(at now: Instant) -> Bool {
        guard let due, due <= now else { return false }
        flush(at: now)
        return true
    }

    /// What waits is published whether it is due or not.
    mutating func flush(at now: Instant) {
        due = nil
        if isPacedEndWaiting { isFullAt = max(isFullAt, now).advanced(by: Self.finalPace) }
        isPacedEndWaiting = false
        nextOther = now.advanced(by: Self.otherPace)
        underWay = underWay.filter { $0.value.duration(to: now) < Self.window }
    }
}
