import PixelFlowCore
import Synchronization

/// Assigns a unique time to every change of this process, and tracks the changes in progress.
///
/// A reader of changes in chronological order must not see a later one while an earlier
/// one may still follow; `horizon` is the time up to which the changes are complete.
final class ChangeTimes: Sendable {
    private struct State {
        var latest = Timestamp(microseconds: 0)
        var underWay: Set<Timestamp> = []
    }

    private let state = Mutex(State())

    /// Reserves times for changes; `end` must be called once they have been written or abandoned.
    func begin(_ count: Int = 1, at now: Timestamp) -> [Timestamp] {
        state.withLock { state in
            (0..<count).map { _ in
                state.latest = max(now, state.latest + .microseconds(1))
                state.underWay.insert(state.latest)
                return state.latest
            }
        }
    }

    func end(_ times: [Timestamp]) {
        state.withLock { $0.underWay.subtract(times) }
    }

    /// All future changes of this process, and those in progress, have this time or a later one.
    func horizon(at now: Timestamp) -> Timestamp {
        state.withLock { state in
            state.latest = max(now, state.latest + .microseconds(1))
            return state.underWay.min() ?? state.latest
        }
    }
}
