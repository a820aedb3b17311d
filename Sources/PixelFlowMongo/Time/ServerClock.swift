import PixelFlowCore
import Synchronization
import WireFormats

/// Bounds of the server's time. Each rule uses the bound that errs on the safe side.
struct ClockReading: Sendable {
    var earliest: Timestamp
    var latest: Timestamp

    var likely: Timestamp { Timestamp(microseconds: earliest.microseconds + (latest.microseconds - earliest.microseconds) / 2) }
}

/// The clock that determines whether leases have expired and times are due.
protocol StoreClock: Sendable {
    func read() async throws -> ClockReading
}

/// A clock of this process, for tests that control it.
struct LocalClock: StoreClock {
    let clock: any WallClock

    func read() async throws -> ClockReading {
        let now = clock.now()
        return ClockReading(earliest: now, latest: now)
    }
}

/// The clock of the database server, extrapolated with a monotonic clock between readings.
///
/// A reading costs a round trip, so one is taken every few seconds while the store is in use, not for each command.
final class ServerClock: StoreClock {
    /// Younger estimates are used without waiting for a new reading.
    private static let fresh = Duration.seconds(2)
    /// Older estimates are not used.
    private static let usable = Duration.seconds(30)
    /// The number of initial readings, because the one with the shortest round trip is the most precise.
    private static let firstSamples = 5

    private struct State {
        var estimate: ClockEstimate?
        var sampledAt: ContinuousClock.Instant?
    }

    private let database: MongoDatabase
    private let origin = ContinuousClock.now
    private let state = Mutex(State())
    private let sampling = SingleFlight<Void>()

    init(_ database: MongoDatabase) { self.database = database }

    func read() async throws -> ClockReading {
        let age = state.withLock { $0.sampledAt.map { ContinuousClock.now - $0 } }
        if age.map({ $0 > Self.fresh }) ?? true {
            if age.map({ $0 > Self.usable }) ?? true {
                try await sampling.run { [self] in try await takeSamples() }
            } else {
                sampling.start { [self] in try await takeSamples() }
            }
        }
        let local = local()
        guard let bounds = state.withLock({ $0.estimate?.bounds(at: local) }) else {
            throw PixelFlowError.unavailable(MongoDatabase.backend)
        }
        return ClockReading(
            earliest: Timestamp(microseconds: local + bounds.lowerBound), latest: Timestamp(microseconds: local + bounds.upperBound))
    }

    private func takeSamples() async throws {
        let samples = state.withLock { $0.estimate == nil ? Self.firstSamples : 1 }
        for _ in 0..<samples { try await takeSample() }
    }

    private func takeSample() async throws {
        let sent = local()
        let reply = try await database.run(.clock, ["hello": 1])
        let received = local()
        guard let milliseconds = reply["localTime"]?.int64 else { throw PixelFlowError.unavailable(MongoDatabase.backend) }
        let sample = ClockEstimate.Sample(sent: sent, received: received, serverMilliseconds: milliseconds)
        state.withLock { state in
            if state.estimate == nil { state.estimate = ClockEstimate(sample) } else { state.estimate?.add(sample) }
            state.sampledAt = .now
        }
    }

    private func local() -> Int64 { (ContinuousClock.now - origin).microseconds }
}
