import Logging
import PixelFlowCore
package import PixelFlowKafka
import Synchronization

/// Reads the lag for all callers: one reading at a time, each valid for a second.
final class LagReader: Sendable {
    /// Shorter than any autoscaler's period (15 s), long enough for replicas of the API server that ask at once.
    static let lifetime: Duration = .seconds(1)

    private struct Reading: Sendable {
        let outcome: Result<LagSample, any Error>
        let end: ContinuousClock.Instant
    }

    private let source: any LagSource
    private let target: Int
    private let clock: AdapterClock
    private let metrics: AdapterMetrics
    private let logger: Logger
    private let recovery = BrokerRecovery()
    private let reading = SingleFlight<LagSample>()
    private let last = Mutex<Reading?>(nil)

    init(_ source: any LagSource, target: Int, clock: AdapterClock, metrics: AdapterMetrics, logger: Logger) {
        self.source = source
        self.target = target
        self.clock = clock
        self.metrics = metrics
        self.logger = logger
    }

    /// - Throws: whatever kept the lag from being read, for as long as a reading is good.
    func sample() async throws -> LagSample {
        if let recent { return try recent.get() }
        return try await reading.run { [self] in
            // One that has ended between the look and this run is still good.
            if let recent { return try recent.get() }
            let outcome: Result<LagSample, any Error>
            do {
                outcome = .success(try await read())
            } catch {
                outcome = .failure(error)
            }
            last.withLock { $0 = Reading(outcome: outcome, end: clock.uptime()) }
            return try outcome.get()
        }
    }

    /// What the broker knows.
    private func current() async throws -> LagSample {
        do {
            let lag = try await source.lag()
            guard let sample = LagSample(lag, target: target, time: clock.now()) else { throw PixelFlowError.notFound("partition") }
            return sample
        } catch {
            recovery.noteFailure(at: clock.uptime())
            throw error
        }
    }

    /// The last reading, as long as it is good.
    private var recent: Result<LagSample, any Error>? {
        let now = clock.uptime()
        return last.withLock { last in last.flatMap { now - $0.end < Self.lifetime ? $0.outcome : nil } }
    }

    private func read() async throws -> LagSample {
        do {
            let sample = try await current()
            try recovery.noteReading(at: clock.uptime(), isFull: sample.isFull)
            metrics.note(sample)
            return sample
        } catch {
            metrics.noteUnreadableLag()
            logger.warning("lag could not be read", metadata: ["error": "\(error)"])
            throw error
        }
    }
}

/// The source of the lag of the workers' group, on the topic of each lane.
package protocol LagSource: Sendable {
    /// - Throws: if it cannot be read.
    func lag() async throws -> [KafkaGroupLag]
}

/// Queries Kafka for the group and topics in its settings.
package struct KafkaLagSource: LagSource {
    private let admin: KafkaAdmin

    package init(_ admin: KafkaAdmin) { self.admin = admin }

    package func lag() async throws -> [KafkaGroupLag] { Array(try await admin.lagOfLanes().values) }
}
