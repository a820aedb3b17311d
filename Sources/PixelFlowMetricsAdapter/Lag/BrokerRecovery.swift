import PixelFlowCore
import Synchronization

/// Keeps a lag from being believed that is too low because the broker has only just come back.
///
/// While the broker is away tasks are accepted and wait in the task database, and their dispatch messages are published once it is
/// back. Until then the broker knows of less work than there is, and the autoscaler would take workers away.
final class BrokerRecovery: Sendable {
    /// After the return of the broker, dispatch messages may be missing for so long: a producer connects again after at most
    /// 10 s, and the dispatcher publishes due tasks every second, many at a time.
    static let duration: Duration = .seconds(30)
    /// Shorter outages are none: producers keep messages meanwhile.
    static let shortestOutage: Duration = .seconds(10)

    private struct State {
        /// The first of the failures since the last answer.
        var failedSince: ContinuousClock.Instant?
        /// When the lag is believed again; nil where it is.
        var end: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    func noteFailure(at now: ContinuousClock.Instant) {
        state.withLock { $0.failedSince = $0.failedSince ?? now }
    }

    /// - Parameter isFull: whether the lag asks for a worker for each partition: more work would change nothing.
    /// - Throws: `broker_recovering` if there may be more work than the broker knows of.
    func noteReading(at now: ContinuousClock.Instant, isFull: Bool) throws(PixelFlowError) {
        let isSure = state.withLock { state in
            if let since = state.failedSince, now - since >= Self.shortestOutage { state.end = now + Self.duration }
            state.failedSince = nil
            guard let end = state.end else { return true }
            if now >= end { state.end = nil }
            return now >= end
        }
        guard isSure || isFull else {
            throw PixelFlowError(
                .unavailable, code: "broker_recovering", "The broker has just come back and may not know of every task yet.")
        }
    }
}
