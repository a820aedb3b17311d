import PixelFlowCore
import Synchronization

/// Keeps a lag from being believed that is too low because the broker has only just come back.
///
/// While the broker is away tasks are accepted and wait in the task database, and their dispatch messages are published once it is
/// back. Until then the broker knows of less work than there is, and the autoscaler would take workers away.
///
/// A process that has just started does not know whether there was an outage, and takes its first reading for the end of one: the
/// adapter has no credentials of the task database, with which it could compare.
final class BrokerRecovery: Sendable {
    /// After the return of the broker, dispatch messages may be missing for so long: a producer connects again after at most
    /// 10 s, and the dispatcher publishes due tasks every second, many at a time.
    static let duration: Duration = .seconds(30)
    /// Shorter outages are none: producers keep messages meanwhile.
    static let shortestOutage: Duration = .seconds(10)

    static var failure: PixelFlowError {
        PixelFlowError(.unavailable, code: "broker_recovering", "The broker has just come back and may not know of every task yet.")
    }

    private struct State {
        /// Whether the broker is known to have been there before the next answer.
        var isKnown: Bool
        /// The first of the failures since the last answer.
        var failedSince: ContinuousClock.Instant?
        /// When the lag is believed again; nil where it is.
        var end: ContinuousClock.Instant?
    }

    private let state: Mutex<State>

    /// - Parameter isKnown: whether the broker is known to have been there until now, so that the first reading is believed.
    init(isKnown: Bool = false) { state = Mutex(State(isKnown: isKnown)) }

    func noteFailure(at now: ContinuousClock.Instant) {
        state.withLock { $0.failedSince = $0.failedSince ?? now }
    }

    /// Whether a reading of this moment is believed. If not, there may be more work than the broker knows of.
    func believesReading(at now: ContinuousClock.Instant) -> Bool {
        state.withLock { state in
            let wasAway = state.failedSince.map { now - $0 >= Self.shortestOutage } ?? false
            if wasAway || !state.isKnown { state.end = now + Self.duration }
            state.isKnown = true
            state.failedSince = nil
            guard let end = state.end else { return true }
            if now >= end { state.end = nil }
            return now >= end
        }
    }
}
