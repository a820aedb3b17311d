import PixelFlowCore
import Synchronization

/// The followers that must not miss a change, and how current they are.
final class EventFollowers: Sendable {
    private struct State {
        var followers: [@Sendable (FollowedChanges) -> Void] = []
        /// The followers know everything that was published before this time.
        var knownUntil: ContinuousClock.Instant?
        var askedLast: ContinuousClock.Instant?
    }

    /// How recently someone must have asked for currentness so that the end of the topic is queried.
    private static let interest = Duration.seconds(30)

    private let state = Mutex(State())

    var isEmpty: Bool { state.withLock { $0.followers.isEmpty } }

    func add(_ follower: @escaping @Sendable (FollowedChanges) -> Void) { state.withLock { $0.followers.append(follower) } }

    func notify(_ news: FollowedChanges) {
        if case .gap = news { state.withLock { $0.knownUntil = nil } }
        for follower in state.withLock(\.followers) { follower(news) }
    }

    /// - Parameter instant: a time before the query for the end of the topic that has now been reached.
    func reachedEnd(asOf instant: ContinuousClock.Instant) { state.withLock { $0.knownUntil = instant } }

    func isCurrent(within age: Duration) -> Bool {
        let now = ContinuousClock.now
        return state.withLock { state in
            state.askedLast = now
            return state.knownUntil.map { now - $0 < age } ?? false
        }
    }

    /// Whether someone wants to know how current the followers are.
    var isAsked: Bool {
        state.withLock { state in
            guard !state.followers.isEmpty, let askedLast = state.askedLast else { return false }
            return ContinuousClock.now - askedLast < Self.interest
        }
    }
}
