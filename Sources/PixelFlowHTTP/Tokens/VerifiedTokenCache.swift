import PixelFlowCore
import Synchronization

/// Caches verified tokens, so that a signature is checked once and not per request.
///
/// Bounded by two generations: when the young one is full it becomes the old one, and tokens that
/// are not used again are dropped with it. A lookup takes a lock and does not suspend.
final class VerifiedTokenCache: Sendable {
    private struct State {
        var young: [String: VerifiedToken] = [:]
        var old: [String: VerifiedToken] = [:]
    }

    private let state = Mutex(State())
    private let generation: Int

    /// - Parameter capacity: tokens kept at most; one takes about a kilobyte.
    init(capacity: Int) {
        generation = max(1, capacity / 2)
    }

    func find(_ token: String, at now: Timestamp) -> VerifiedToken? {
        state.withLock { state in
            if let found = state.young[token] { return now < found.acceptedUntil ? found : nil }
            guard let found = state.old[token], now < found.acceptedUntil else { return nil }
            insert(found, for: token, into: &state)
            return found
        }
    }

    func insert(_ verified: VerifiedToken, for token: String) {
        state.withLock { insert(verified, for: token, into: &$0) }
    }

    func removeAll() {
        state.withLock { $0 = State() }
    }

    var count: Int { state.withLock { $0.young.count + $0.old.count } }

    private func insert(_ verified: VerifiedToken, for token: String, into state: inout State) {
        if state.young.count >= generation {
            state.old = state.young
            state.young = [:]
        }
        state.young[token] = verified
    }
}
