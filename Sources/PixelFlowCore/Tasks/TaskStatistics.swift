/// Statistics of a tenant's tasks.
package struct TaskStatistics: Sendable, Hashable {
    /// The maximum number of most recently started tasks from which the queue latency is computed.
    package static let latencySample = 1000

    package var counts: [TaskStatus: Int]
    /// Tasks completed in the last minute and the last hour.
    package var completedLastMinute: Int
    package var completedLastHour: Int
    /// Seconds from creation to the start of the run, for the latest `latencySample` tasks.
    package var queueLatencyP50: Double?
    package var queueLatencyP95: Double?
    package var oldestPending: Timestamp?
    /// Contains all lanes.
    package var lanes: [Lane: LaneStatistics]
    /// Failed tasks by error code.
    package var failures: [String: Int]
    /// The last `TaskInterval.count` minutes without gaps, oldest first; the last one is the current minute.
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

/// Statistics of a tenant's tasks in one lane.
package struct LaneStatistics: Sendable, Hashable {
    /// PENDING tasks, held or not.
    package var waiting: Int
    /// Like that of `TaskStatistics`, for the tasks of its sample in this lane.
    package var queueLatencyP50: Double?
    package var queueLatencyP95: Double?

    package init(waiting: Int = 0, queueLatencyP50: Double? = nil, queueLatencyP95: Double? = nil) {
        self.waiting = waiting
        self.queueLatencyP50 = queueLatencyP50
        self.queueLatencyP95 = queueLatencyP95
    }
}

extension TaskStatistics {
    /// Sets the percentiles of the queue latency, in total and for each lane.
    ///
    /// - Parameter waits: microseconds from creation to the start of the run, for the tasks of the sample.
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

/// Statistics of one minute.
package struct TaskInterval: Sendable, Hashable {
    /// The number of minutes that a store reports.
    package static let count = 60
    /// Microseconds.
    package static let length: Int64 = 60_000_000

    /// The start of a full minute of the store's clock.
    package var start: Timestamp
    package var completed: Int
    package var failed: Int
    /// Seconds from creation to the start of the run, for the tasks started in this minute: mean and maximum.
    package var queueLatencyMean: Double?
    package var queueLatencyMax: Double?

    package init(start: Timestamp, completed: Int = 0, failed: Int = 0, queueLatencyMean: Double? = nil, queueLatencyMax: Double? = nil) {
        self.start = start
        self.completed = completed
        self.failed = failed
        self.queueLatencyMean = queueLatencyMean
        self.queueLatencyMax = queueLatencyMax
    }

    /// Empty intervals for the minutes up to `now`, oldest first.
    package static func minutes(until now: Timestamp) -> [TaskInterval] {
        let last = now.microseconds / length
        return (0..<Int64(count)).map { TaskInterval(start: Timestamp(microseconds: (last - Int64(count) + 1 + $0) * length)) }
    }
}
