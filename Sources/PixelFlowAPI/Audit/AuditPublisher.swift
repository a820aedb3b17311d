package import Logging
package import Metrics
package import PixelFlowCore
import PixelFlowTelemetry
package import ServiceLifecycle

/// Delivers audit entries from the outbox to the log. The log identifies entries by their ids and stores each only once, even if two
/// replicas send it or it is sent again after a lost response.
package struct AuditPublisher: Service {
    /// After this time, an entry without a recorded outcome is delivered with an unknown outcome. Exceeds the longest time that a request
    /// needs for its action plus the clock difference between two replicas.
    package static let settlingTime = Duration.seconds(120)

    /// The time between two checks for entries that other replicas have left.
    private static let interval = Duration.seconds(5)
    /// The pauses between attempts while the log does not respond.
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

    /// - Parameter batch: the number of entries sent at a time.
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
            "delivery of audit entries", every: Self.interval, retries: Self.backoff, signal: recorder.settled, logger: logger
        ) { _ = try await round() }.run()
    }

    /// Delivers all entries that are ready. Not private, so that tests need not wait for it.
    ///
    /// - Returns: the number of delivered entries.
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
