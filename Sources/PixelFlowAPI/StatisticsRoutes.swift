import Hummingbird
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import WireFormats

/// `/api/stats`: statistics of the tenant's tasks.
struct StatisticsRoutes: Sendable {
    let reads: TaskReads
    let clock: any WallClock

    var routes: [Route] {
        [
            Route(
                .get, "/api/stats", id: "getStatistics", tag: "tasks", "Read statistics of the tasks", access: .scope(.readTasks),
                rate: .of(.heavy),
                responses: [.json(StatisticsView.self, "The numbers.")], problems: .readingTasks
            ) { _, context in
                let statistics = try await reads.statistics(of: try context.requirePrincipal().tenant)
                return try Response.json(StatisticsView(statistics, now: clock.now()))
            }
        ]
    }
}

private struct StatisticsView: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "Statistics"
    static let annotations: [String: SchemaAnnotation] = [
        "counts": "Tasks by status.", "throughput": "Tasks that have been completed.",
        "queue_latency_seconds": "From creation to start, of the latest 1,000 tasks.",
        "oldest_pending_seconds": "The age of the oldest task that waits; absent if none does.",
        "priorities": "The tasks of each priority.", "failures": "Failed tasks by the code of their error.",
        "minutes": "The last 60 minutes, oldest first.",
    ]

    struct Throughput: Codable {
        let lastMinute: Int
        let lastHour: Int

        enum CodingKeys: String, CodingKey {
            case lastMinute = "completed_last_minute"
            case lastHour = "completed_last_hour"
        }
    }

    /// In seconds.
    struct QueueLatency: Codable {
        let p50: Double?
        let p95: Double?
    }

    struct Priority: Codable, SchemaNamed, SchemaAnnotated {
        static let schemaName = "PriorityStatistics"
        static let annotations: [String: SchemaAnnotation] = [
            "waiting": "Tasks that wait for a worker.",
            "queue_latency_seconds":
                "From creation to start, of the latest tasks of this priority.",
        ]

        let waiting: Int
        let queueLatency: QueueLatency

        init(_ statistics: LaneStatistics) {
            waiting = statistics.waiting
            queueLatency = QueueLatency(p50: statistics.queueLatencyP50, p95: statistics.queueLatencyP95)
        }

        enum CodingKeys: String, CodingKey {
            case waiting
            case queueLatency = "queue_latency_seconds"
        }
    }

    struct Priorities: Codable {
        let high: Priority
        let normal: Priority
        let low: Priority

        init(_ lanes: [Lane: LaneStatistics]) {
            high = Priority(lanes[.high] ?? LaneStatistics())
            normal = Priority(lanes[.normal] ?? LaneStatistics())
            low = Priority(lanes[.low] ?? LaneStatistics())
        }
    }

    struct Minute: Codable {
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
    let priorities: Priorities
    let failures: [String: Int]
    let minutes: [Minute]

    init(_ statistics: TaskStatistics, now: Timestamp) {
        counts = Dictionary(uniqueKeysWithValues: TaskStatus.allCases.map { ($0.rawValue, statistics.counts[$0] ?? 0) })
        throughput = Throughput(lastMinute: statistics.completedLastMinute, lastHour: statistics.completedLastHour)
        queueLatency = QueueLatency(p50: statistics.queueLatencyP50, p95: statistics.queueLatencyP95)
        oldestPendingSeconds = statistics.oldestPending.map { max(0, (now - $0).seconds) }
        priorities = Priorities(statistics.lanes)
        failures = statistics.failures
        minutes = statistics.timeline.map(Minute.init)
    }

    enum CodingKeys: String, CodingKey {
        case counts, throughput, priorities, failures, minutes
        case queueLatency = "queue_latency_seconds"
        case oldestPendingSeconds = "oldest_pending_seconds"
    }
}
