import PixelFlowCore
import Synchronization

/// Assigns every change of this process a unique time, and tracks which changes are still in progress.
///
/// A reader of changes in the order of their times must not see a later one while an earlier
/// one may still follow; `horizon` is the time up to which the changes are complete.
final class ChangeTimes: Sendable {
    private struct State {
        var latest = Timestamp(microseconds: 0)
        var underWay: Set<Timestamp> = []
    }

    private let state = Mutex(State())

    /// Times for changes that are being written; end them once they have been written or abandoned.
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

    /// Every change that this process makes from now on, or has not ended, has this time or a later one.
    func horizon(at now: Timestamp) -> Timestamp {
        state.withLock { state in
            state.latest = max(now, state.latest + .microseconds(1))
            return state.underWay.min() ?? state.latest
        }
    }
}
