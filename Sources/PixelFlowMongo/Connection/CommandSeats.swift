import Metrics
import PixelFlowCore
import Synchronization

/// Counts the commands that run and that wait for a connection, and refuses what would wait too long.
///
/// Exported as `database_pool_connections{backend,state}` and `database_pool_waiting{backend}`.
final class CommandSeats: Sendable {
    /// A command's place in the queue; settled by `leave` exactly once.
    final class Place: Sendable {
        let since = ContinuousClock.now
        fileprivate let isSeated = Mutex(false)
    }

    private struct Counts {
        var waiting = 0
        var busy = 0
        /// Connections are opened as they are needed and kept.
        var opened = 0
    }

    private let counts = Mutex(Counts())
    private let waitLimit: Int
    private let waitTimeout: Duration
    private let waiting: Gauge
    private let busy: Gauge
    private let idle: Gauge

    init(waitLimit: Int, waitTimeout: Duration, metrics: any MetricsFactory) {
        self.waitLimit = waitLimit
        self.waitTimeout = waitTimeout
        waiting = Gauge(label: "database_pool_waiting", dimensions: [("backend", "mongodb")], factory: metrics)
        busy = Self.connections("busy", metrics)
        idle = Self.connections("idle", metrics)
        export(Counts())
    }

    /// Enters the queue.
    ///
    /// - Throws: `PixelFlowError` with `retry == .outage` if it is full.
    func take() throws(PixelFlowError) -> Place {
        let counts = counts.withLock { counts -> Counts? in
            guard counts.waiting < waitLimit else { return nil }
            counts.waiting += 1
            return counts
        }
        guard let counts else { throw .unavailable(MongoDatabase.backend, cause: CommandQueueError.full) }
        export(counts)
        return Place()
    }

    /// From the queue to a connection.
    ///
    /// - Throws: `PixelFlowError` with `retry == .outage` if that took too long.
    func sit(_ place: Place) throws {
        guard ContinuousClock.now - place.since < waitTimeout else {
            throw PixelFlowError.unavailable(MongoDatabase.backend, cause: CommandQueueError.waitedTooLong)
        }
        place.isSeated.withLock { $0 = true }
        export(
            counts.withLock { counts in
                counts.waiting -= 1
                counts.busy += 1
                counts.opened = max(counts.opened, counts.busy)
                return counts
            })
    }

    func leave(_ place: Place) {
        let seated = place.isSeated.withLock { $0 }
        export(
            counts.withLock { counts in
                if seated { counts.busy -= 1 } else { counts.waiting -= 1 }
                return counts
            })
    }

    private func export(_ counts: Counts) {
        waiting.record(counts.waiting)
        busy.record(counts.busy)
        idle.record(counts.opened - counts.busy)
    }

    private static func connections(_ state: String, _ metrics: any MetricsFactory) -> Gauge {
        Gauge(label: "database_pool_connections", dimensions: [("backend", "mongodb"), ("state", state)], factory: metrics)
    }
}

/// Why a command was not sent.
enum CommandQueueError: Error {
    case full
    case waitedTooLong
}
