package import Logging
package import Metrics
package import PixelFlowCore
import PixelFlowTelemetry
package import ServiceLifecycle

/// Delivers audit entries from the outbox to the log, which knows them by their ids: an entry that is sent twice, by two replicas or
/// after a lost answer, is there once.
package struct AuditPublisher: Service {
    /// After it an entry that nobody has settled is delivered as one whose outcome is not known. Over the longest that a request takes
    /// for its act, and over the distance of the clocks of two replicas.
    package static let settlingTime = Duration.seconds(120)

    /// The time between two looks for what other replicas have left.
    private static let interval = Duration.seconds(5)
    /// Between two attempts while the log does not answer.
    private static let backoff = RetryPolicy(firstPause: .seconds(1), longestPause: .seconds(30), jitter: .equal)

    private let outbox: any AuditOutbox
    private let sink: any AuditSink
    private let recorder: AuditRecorder
    private let batch: Int
    private let clock: any WallClock
    private let logger: Logger
    private let delivered: Counter
    private let failed: Counter
    private let backlog: Gauge

    /// - Parameter batch: entries sent at a time.
    package init(
        outbox: any AuditOutbox, sink: any AuditSink, recorder: AuditRecorder, batch: Int = 100, clock: any WallClock = SystemClock(),
        logger: Logger, metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.outbox = outbox
        self.sink = sink
        self.recorder = recorder
        self.batch = batch
        self.clock = clock
        self.logger = logger
        delivered = Counter(label: "audit_deliveries_total", dimensions: [("outcome", "delivered")], factory: metrics)
        failed = Counter(label: "audit_deliveries_total", dimensions: [("outcome", "failed")], factory: metrics)
        backlog = Gauge(label: "audit_backlog", factory: metrics)
    }

    package func run() async {
        await PeriodicService(
            "delivery of audit entries", every: Self.interval, retries: Self.backoff, wakes: recorder.settled, logger: logger
        ) { _ = try await round() }.run()
    }

    /// Delivers what there is. Not private, so that tests need not wait for it.
    ///
    /// - Returns: how many entries it has delivered.
    package func round() async throws -> Int {
        var count = 0
        while true {
            let found = try await outbox.undeliveredAudit(before: clock.now() - Self.settlingTime, limit: batch)
            if !found.isEmpty {
                do {
                    try await sink.append(found.map(Self.entry))
                } catch {
                    failed.increment()
                    throw error
                }
                delivered.increment()
                try await outbox.removeAudit(found.map(\.entry.id))
                count += found.count
            }
            guard found.count == batch else { break }
        }
        let waiting = try await outbox.auditBacklog()
        recorder.setBacklog(waiting)
        backlog.record(waiting)
        return count
    }

    private static func entry(_ found: UndeliveredAuditEntry) -> AuditEntry {
        guard !found.isSettled else { return found.entry }
        var entry = found.entry
        let unknown = AuditEntry.unknownOutcome
        entry.detail = entry.detail.isEmpty ? unknown : "\(entry.detail); \(unknown)"
        return entry
    }
}
