import Hummingbird
import PixelFlowCore
import PixelFlowHTTP
import WireFormats

/// `/api/stats`: the tenant's tasks in numbers.
struct StatisticsRoutes: Sendable {
    let tasks: any TaskOwnerStore
    let clock: any WallClock

    func add(to router: RouterGroup<AppRequestContext>) {
        router.get("stats") { _, context in
            let statistics = try await tasks.statistics(of: try context.requirePrincipal().tenant)
            return try Response.json(StatisticsView(statistics, now: clock.now()))
        }
    }
}

private struct StatisticsView: Encodable {
    struct Throughput: Encodable {
        let lastMinute: Int
        let lastHour: Int

        enum CodingKeys: String, CodingKey {
            case lastMinute = "completed_last_minute"
            case lastHour = "completed_last_hour"
        }
    }

    /// Seconds.
    struct QueueLatency: Encodable {
        let p50: Double?
        let p95: Double?
    }

    struct Minute: Encodable {
        let start: String
        let completed: Int
        let failed: Int
        let queueSecondsMean: Double?
        let queueSecondsMax: Double?

        init(_ interval: TaskInterval) {
            start = interval.start.iso8601
            completed = interval.completed
            failed = interval.failed
            queueSecondsMean = interval.queueLatencyMean
            queueSecondsMax = interval.queueLatencyMax
        }

        enum CodingKeys: String, CodingKey {
            case start, completed, failed
            case queueSecondsMean = "queue_seconds_mean"
            case queueSecondsMax = "queue_seconds_max"
        }
    }

    let counts: [String: Int]
    let throughput: Throughput
    let queueLatency: QueueLatency
    let oldestPendingSeconds: Double?
    let failures: [String: Int]
    let minutes: [Minute]

    init(_ statistics: TaskStatistics, now: Timestamp) {
        counts = Dictionary(uniqueKeysWithValues: TaskStatus.allCases.map { ($0.rawValue, statistics.counts[$0] ?? 0) })
        throughput = Throughput(lastMinute: statistics.completedLastMinute, lastHour: statistics.completedLastHour)
        queueLatency = QueueLatency(p50: statistics.queueLatencyP50, p95: statistics.queueLatencyP95)
        oldestPendingSeconds = statistics.oldestPending.map { max(0, (now - $0).seconds) }
        failures = statistics.failures
        minutes = statistics.timeline.map(Minute.init)
    }

    enum CodingKeys: String, CodingKey {
        case counts, throughput, failures, minutes
        case queueLatency = "queue_latency_seconds"
        case oldestPendingSeconds = "oldest_pending_seconds"
    }
}
