import PixelFlowCore
import Synchronization

/// Rejects lag readings that are too low because the broker has only just recovered.
///
/// During an outage of the broker, tasks are accepted and wait in the task database; their dispatch messages are published after it
/// has recovered. Until then, the broker knows about less work than there is, and the autoscaler would remove workers.
///
/// A process that has just started does not know whether there was an outage, so it treats its first reading as the end of one. It
/// cannot compare with the task database, because the adapter has no credentials for it.
final class BrokerRecovery: Sendable {
    /// How long after the recovery dispatch messages may be missing: a producer reconnects after at most
    /// 10 s, and the dispatcher publishes due tasks in batches every second.
    static let duration: Duration = .seconds(30)
    /// Shorter outages have no effect, because producers buffer messages meanwhile.
    static let shortestOutage: Duration = .seconds(10)

    static var failure: PixelFlowError {
        PixelFlowError(.unavailable, code: "broker_recovering", "The broker has just recovered and may not know every task yet.")
    }

    private struct State {
        /// Whether the broker is known to have been available before the next reading.
        var isKnown: Bool
        /// The time of the first failure since the last successful reading.
        var failedSince: ContinuousClock.Instant?
        /// When readings are trusted again; nil if they are.
        var end: ContinuousClock.Instant?
    }

    private let state: Mutex<State>

    /// - Parameter isKnown: whether the broker is known to have been available until now, so that the first reading is trusted.
    init(isKnown: Bool = false) { state = Mutex(State(isKnown: isKnown)) }

    func noteFailure(at now: ContinuousClock.Instant) {
        state.withLock { $0.failedSince = $0.failedSince ?? now }
    }

    /// Whether a successful reading at this time is trusted. If not, there may be more work than the broker knows about.
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
