import Logging
import PixelFlowCore
import Synchronization

/// Reads the lag for all callers: one reading at a time, each valid for a second.
final class LagReader: Sendable {
    /// Shorter than any autoscaler's period (15 s), long enough for replicas of the API server that ask at once.
    static let lifetime: Duration = .seconds(1)

    private struct Reading {
        let id: Int
        let task: Task<LagSample, any Error>
        /// Nil while it is under way.
        var end: ContinuousClock.Instant?
    }

    private struct State {
        var reading: Reading?
        var count = 0
    }

    private let source: any LagSource
    private let target: Int
    private let clock: AdapterClock
    private let metrics: AdapterMetrics
    private let logger: Logger
    private let state = Mutex(State())

    init(_ source: any LagSource, target: Int, clock: AdapterClock, metrics: AdapterMetrics, logger: Logger) {
        self.source = source
        self.target = target
        self.clock = clock
        self.metrics = metrics
        self.logger = logger
    }

    /// - Throws: whatever kept the lag from being read, for as long as a reading is good.
    func sample() async throws -> LagSample {
        try await reading().value
    }

    private func reading() -> Task<LagSample, any Error> {
        state.withLock { state in
            if let reading = state.reading, reading.end.map({ clock.uptime() - $0 < Self.lifetime }) ?? true { return reading.task }
            state.count += 1
            let id = state.count
            // Not the caller's task: others wait for the same reading, and a caller who leaves must not spoil it.
            let task = Task {
                defer { end(id) }
                return try await read()
            }
            state.reading = Reading(id: id, task: task)
            return task
        }
    }

    private func end(_ id: Int) {
        state.withLock { state in
            if state.reading?.id == id { state.reading?.end = clock.uptime() }
        }
    }

    private func read() async throws -> LagSample {
        do {
            guard let sample = LagSample(try await source.lag(), target: target, time: clock.now()) else {
                throw PixelFlowError.notFound("partition")
            }
            metrics.note(sample)
            return sample
        } catch {
            metrics.noteUnreadableLag()
            logger.warning("lag could not be read", metadata: ["error": "\(error)"])
            throw error
        }
    }
}
