/// A tenant's tasks in numbers.
package struct TaskStatistics: Sendable, Hashable {
    /// How many of the latest tasks that were started the queue latency is taken from, at most.
    package static let latencySample = 1000

    package var counts: [TaskStatus: Int]
    /// Tasks completed in the last minute and hour.
    package var completedLastMinute: Int
    package var completedLastHour: Int
    /// From creation to the start of the run, of the latest `latencySample` tasks, in seconds.
    package var queueLatencyP50: Double?
    package var queueLatencyP95: Double?
    package var oldestPending: Timestamp?
    /// Every lane is there.
    package var lanes: [Lane: LaneStatistics]
    /// Failed tasks by error code.
    package var failures: [String: Int]
    /// The last `TaskInterval.count` minutes, oldest first; the last one is under way. Every minute is there.
    package var timeline: [TaskInterval]

    package init(
        counts: [TaskStatus: Int] = [:], completedLastMinute: Int = 0, completedLastHour: Int = 0,
        queueLatencyP50: Double? = nil, queueLatencyP95: Double? = nil, oldestPending: Timestamp? = nil,
        lanes: [Lane: LaneStatistics] = [:], failures: [String: Int] = [:], timeline: [TaskInterval] = []
    ) {
        self.counts = counts
        self.completedLastMinute = completedLastMinute
        self.completedLastHour = completedLastHour
        self.queueLatencyP50 = queueLatencyP50
        self.queueLatencyP95 = queueLatencyP95
        self.oldestPending = oldestPending
        self.lanes = Dictionary(uniqueKeysWithValues: Lane.allCases.map { ($0, lanes[$0] ?? LaneStatistics()) })
        self.failures = failures
        self.timeline = timeline
    }
}

/// A tenant's tasks of one lane in numbers.
package struct LaneStatistics: Sendable, Hashable {
    /// PENDING tasks, held or not.
    package var waiting: Int
    /// As those of `TaskStatistics`, of the tasks of its sample that are in the lane.
    package var queueLatencyP50: Double?
    package var queueLatencyP95: Double?

    package init(waiting: Int = 0, queueLatencyP50: Double? = nil, queueLatencyP95: Double? = nil) {
        self.waiting = waiting
        self.queueLatencyP50 = queueLatencyP50
        self.queueLatencyP95 = queueLatencyP95
    }
}

extension TaskStatistics {
    /// Sets the percentiles of the queue latency, over all and of each lane.
    ///
    /// - Parameter waits: of the sample, from creation to the start of the run, in microseconds.
    package mutating func setQueueLatency(waits: [Lane: [Int64]]) {
        (queueLatencyP50, queueLatencyP95) = Self.percentiles(of: waits.values.flatMap(\.self))
        for (lane, waits) in waits {
            let (p50, p95) = Self.percentiles(of: waits)
            lanes[lane, default: LaneStatistics()].queueLatencyP50 = p50
            lanes[lane, default: LaneStatistics()].queueLatencyP95 = p95
        }
    }

    private static func percentiles(of waits: [Int64]) -> (p50: Double?, p95: Double?) {
        let sorted = waits.sorted()
        return (percentile(0.5, of: sorted), percentile(0.95, of: sorted))
    }

    /// The nearest-rank percentile of sorted microseconds, in seconds.
    private static func percentile(_ fraction: Double, of sorted: [Int64]) -> Double? {
        guard !sorted.isEmpty else { return nil }
        let rank = min(sorted.count - 1, max(0, Int((Double(sorted.count) * fraction).rounded(.up)) - 1))
        return Double(sorted[rank]) / 1_000_000
    }
}

/// What happened in one minute.
package struct TaskInterval: Sendable, Hashable {
    /// Minutes that a store tells about.
    package static let count = 60
    /// Microseconds.
    package static let length: Int64 = 60_000_000

    /// A full minute of the store's clock.
    package var start: Timestamp
    package var completed: Int
    package var failed: Int
    /// From creation to the start of the run, of the tasks that were started in this minute, in seconds: mean and longest.
    package var queueLatencyMean: Double?
    package var queueLatencyMax: Double?

    package init(start: Timestamp, completed: Int = 0, failed: Int = 0, queueLatencyMean: Double? = nil, queueLatencyMax: Double? = nil) {
        self.start = start
        self.completed = completed
        self.failed = failed
        self.queueLatencyMean = queueLatencyMean
        self.queueLatencyMax = queueLatencyMax
    }

    /// The minutes up to `now`, empty, oldest first.
    package static func minutes(until now: Timestamp) -> [TaskInterval] {
        let last = now.microseconds / length
        return (0..<Int64(count)).map { TaskInterval(start: Timestamp(microseconds: (last - Int64(count) + 1 + $0) * length)) }
    }
}
