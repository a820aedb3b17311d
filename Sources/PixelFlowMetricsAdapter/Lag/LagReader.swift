import KubernetesClient
import Logging
package import PixelFlowCore
package import PixelFlowKafka
import Synchronization

/// Reads the lag for all callers: one reading at a time, each valid for a second.
final class LagReader: Sendable {
    /// Shorter than any autoscaler's period (15 s), long enough for replicas of the API server that ask at once.
    static let lifetime: Duration = .seconds(1)

    /// What the broker knows.
    struct Reading: Sendable {
        let lags: [Lane: KafkaGroupLag]
        let time: KubernetesClient.Timestamp
        /// Whether it cannot be less than there is to do.
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
    /// - Throws: whatever kept the lag from being read, for as long as a reading is good; `broker_recovering` where there may be
    ///   more work than the broker knows of; `not_found` where none of the lanes has a topic.
    func sample(of lanes: Set<Lane> = Set(Lane.allCases)) async throws -> LagSample {
        let reading = try await reading()
        let lags = reading.lags.filter { lanes.contains($0.key) }
        guard let sample = LagSample(lags, target: target, time: reading.time) else { throw PixelFlowError.notFound("partition") }
        // More work than the workers can take would change nothing.
        guard reading.isSure || sample.isFull else { throw BrokerRecovery.failure }
        return sample
    }

    /// - Throws: whatever kept the lag from being read, for as long as a reading is good.
    func reading() async throws -> Reading {
        if let recent { return try recent.get() }
        return try await attempt.run { [self] in
            // One that has ended between the look and this run is still good.
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

    /// The last reading, as long as it is good.
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

/// The source of the lag of the workers' group, on the topic of each lane.
package protocol LagSource: Sendable {
    /// - Throws: if it cannot be read.
    func lag() async throws -> [Lane: KafkaGroupLag]
}

/// Queries Kafka for the group and topics in its settings.
package struct KafkaLagSource: LagSource {
    private let admin: KafkaAdmin

    package init(_ admin: KafkaAdmin) { self.admin = admin }

    package func lag() async throws -> [Lane: KafkaGroupLag] { try await admin.lagOfLanes() }
}
