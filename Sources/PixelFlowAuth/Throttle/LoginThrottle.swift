package import PixelFlowCore
import Synchronization
import WireFormats

/// Slows down guessing. Failures within the allowance are free; each one beyond doubles the wait, up to a cap. No one is
/// locked out for good.
///
/// Failures are counted by account and address together, and by address over all accounts. The
/// account alone does not count: otherwise anyone who knows an account could lock out its owner.
package final class LoginThrottle: Sendable {
    /// How many failures one address may have, at one account or in all.
    package struct Allowance: Sendable, Hashable {
        /// Failures without a wait.
        package var free: Int
        /// Attempts at the same time, less the failures so far, and one at least: parallel guesses
        /// must not slip by before the first of them has been counted.
        package var parallel: Int
        /// The first wait; doubled by each further failure.
        package var base: Duration = .seconds(1)
        package var cap: Duration

        /// The wait after that many failures.
        func wait(after failures: Int) -> Duration {
            guard failures > free else { return .zero }
            // 2^20 seconds are twelve days, over any cap.
            return min(cap, base * (1 << min(failures - free - 1, 20)))
        }
    }

    package struct Limits: Sendable, Hashable {
        /// An address at one account: five slips of the finger, then up to five minutes, which leaves 288 guesses a day.
        package var pair = Allowance(free: 4, parallel: 8, cap: .seconds(300))
        /// For an address over all accounts: many users can share one, so its allowance is larger.
        package var address = Allowance(free: 19, parallel: 64, cap: .seconds(900))
        /// A time without failures after which all is forgotten.
        package var memory: Duration = .seconds(3600)
        /// Pairs, and addresses, remembered at most, some 400 bytes each; beyond, the oldest are forgotten.
        package var capacity = 10_000

        package init() {}
    }

    /// An attempt that has been let through and must be ended.
    struct Attempt: Sendable {
        fileprivate let pair: String
        fileprivate let address: String?
    }

    enum Outcome: Sendable {
        case succeeded, failed
        /// The password was never judged: a backend was down, or the caller went away.
        case undecided
    }

    private struct State {
        var pairs: AttemptTracker
        var addresses: AttemptTracker
    }

    private let state: Mutex<State>
    private let clock: any WallClock

    package init(_ limits: Limits = Limits(), clock: any WallClock = SystemClock()) {
        self.clock = clock
        self.state = Mutex(
            State(
                pairs: AttemptTracker(limits.pair, memory: limits.memory, capacity: limits.capacity),
                addresses: AttemptTracker(limits.address, memory: limits.memory, capacity: limits.capacity)))
    }

    /// Lets an attempt through, or refuses it without any hashing. A refused attempt counts for nothing.
    ///
    /// - Throws: `login_throttled` (429) with the seconds to wait.
    func begin(account: String, address: String?) throws(PixelFlowError) -> Attempt {
        let now = clock.now()
        // No address has a line end in it.
        let pair = address.map { "\($0)\n\(account)" } ?? account
        let wait = state.withLock { state -> Duration in
            let wait = max(state.pairs.wait(pair, at: now), address.map { state.addresses.wait($0, at: now) } ?? .zero)
            if wait == .zero {
                state.pairs.begin(pair, at: now)
                if let address { state.addresses.begin(address, at: now) }
            }
            return wait
        }
        guard wait == .zero else { throw Self.throttled(wait) }
        return Attempt(pair: pair, address: address)
    }

    /// A success clears the account for this address, never the address: else one good account would buy guesses at others.
    func end(_ attempt: Attempt, _ outcome: Outcome) {
        let now = clock.now()
        state.withLock { state in
            state.pairs.end(attempt.pair, failed: outcome == .failed, at: now)
            if outcome == .succeeded { state.pairs.reset(attempt.pair) }
            if let address = attempt.address { state.addresses.end(address, failed: outcome == .failed, at: now) }
        }
    }

    static func throttled(_ wait: Duration) -> PixelFlowError {
        let seconds = Int((wait.seconds).rounded(.up))
        return PixelFlowError(
            .throttled, code: "login_throttled", "Too many failed attempts; try again in \(seconds) seconds.",
            retry: .transient, retryAfter: max(1, seconds))
    }
}
