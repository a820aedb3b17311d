import KubernetesClient
import Logging
package import PixelFlowCore
package import PixelFlowKafka
import Synchronization

/// Reads the lag for all callers: one reading at a time, each valid for a second.
final class LagReader: Sendable {
    /// Shorter than any autoscaler's period (15 s), long enough for replicas of the API server that request simultaneously.
    static let lifetime: Duration = .seconds(1)

    /// What the broker reports.
    struct Reading: Sendable {
        let lags: [Lane: KafkaGroupLag]
        let time: KubernetesClient.Timestamp
        /// Whether it is certainly not lower than the actual amount of work.
        let isSure: Bool
    }

    private struct Attempt: Sendable {
        let outcome: Result<Reading, any Error>
        let end: ContinuousClock.Instant
    }

    private let source: any LagSource
    private let target: Int
    private let clock: AdapterClock
    private let metrics: AdapterMetrics
    private let logger: Logger
    private let recovery: BrokerRecovery
    private let attempt = SingleFlight<Reading>()
    private let last = Mutex<Attempt?>(nil)

    init(
        _ source: any LagSource, target: Int, clock: AdapterClock, metrics: AdapterMetrics, logger: Logger,
        recovery: BrokerRecovery = BrokerRecovery()
    ) {
        self.source = source
        self.target = target
        self.clock = clock
        self.metrics = metrics
        self.logger = logger
        self.recovery = recovery
    }

    /// The lag of these lanes.
    ///
    /// - Throws: the error of the last reading while that is valid; `broker_recovering` if there may be
    ///   more work than the broker knows about; `not_found` if none of the lanes has a topic.
    func sample(of lanes: Set<Lane> = Set(Lane.allCases)) async throws -> LagSample {
        let reading = try await reading()
        let lags = reading.lags.filter { lanes.contains($0.key) }
        guard let sample = LagSample(lags, target: target, time: reading.time) else { throw PixelFlowError.notFound("partition") }
        // If the value is at its cap, additional work would not change it.
        guard reading.isSure || sample.isFull else { throw BrokerRecovery.failure }
        return sample
    }

    /// - Throws: the error of the last reading while that is valid.
    func reading() async throws -> Reading {
        if let recent { return try recent.get() }
        return try await attempt.run { [self] in
            // A reading that has completed between the check and this run is still valid.
            if let recent { return try recent.get() }
            let outcome: Result<Reading, any Error>
            do {
                outcome = .success(try await read())
            } catch {
                outcome = .failure(error)
            }
            last.withLock { $0 = Attempt(outcome: outcome, end: clock.uptime()) }
            return try outcome.get()
        }
    }

    /// The last reading while it is valid.
    private var recent: Result<Reading, any Error>? {
        let now = clock.uptime()
        return last.withLock { last in last.flatMap { now - $0.end < Self.lifetime ? $0.outcome : nil } }
    }

    private func read() async throws -> Reading {
        do {
            let (lags, time) = (try await source.lag(), clock.now())
            guard let sample = LagSample(lags, target: target, time: time) else { throw PixelFlowError.notFound("partition") }
            let isSure = recovery.believesReading(at: clock.uptime())
            if isSure || sample.isFull { metrics.note(sample) } else { noteFailure(BrokerRecovery.failure) }
            return Reading(lags: lags, time: time, isSure: isSure)
        } catch {
            recovery.noteFailure(at: clock.uptime())
            noteFailure(error)
            throw error
        }
    }

    private func noteFailure(_ error: any Error) {
        metrics.noteUnreadableLag()
        logger.warning("lag could not be read", metadata: ["error": "\(error)"])
    }
}

/// The source of the lag of the workers' group on the topics of all lanes.
package protocol LagSource: Sendable {
    /// - Throws: if the lag cannot be read.
    func lag() async throws -> [Lane: KafkaGroupLag]
}

/// Queries Kafka for the group and topics in its settings.
package struct KafkaLagSource: LagSource {
    private let admin: KafkaAdmin

    package init(_ admin: KafkaAdmin) { self.admin = admin }

    package func lag() async throws -> [Lane: KafkaGroupLag] { try await admin.lagOfLanes() }
}
