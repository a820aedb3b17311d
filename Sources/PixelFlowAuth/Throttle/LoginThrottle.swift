package import PixelFlowCore
import Synchronization
import WireFormats

/// Slows down password guessing. Failures within the allowance cause no delay; each further one doubles the delay, up to a cap. No account
/// is locked permanently.
///
/// Failures are counted per account and address, and per address over all accounts. They are not counted per account alone, because then
/// anyone who knows an account could lock its owner out.
package final class LoginThrottle: Sendable {
    /// How many failures one address may have, at one account or over all accounts.
    package struct Allowance: Sendable, Hashable {
        /// Failures that cause no delay.
        package var free: Int
        /// How many attempts may run concurrently, minus the failures so far, but at least 1: parallel guesses must not pass before the
        /// first of them has been counted.
        package var parallel: Int
        /// The first delay; each further failure doubles it.
        package var base: Duration = .seconds(1)
        package var cap: Duration

        /// The delay after this many failures.
        func wait(after failures: Int) -> Duration {
            guard failures > free else { return .zero }
            // 2^20 seconds are twelve days, more than any cap.
            return min(cap, base * (1 << min(failures - free - 1, 20)))
        }
    }

    package struct Limits: Sendable, Hashable {
        /// An address at one account: four failures are free, then the delay grows to five minutes, which allows 288 guesses a day.
        package var pair = Allowance(free: 4, parallel: 8, cap: .seconds(300))
        /// An address over all accounts: many users can share one, so its allowance is larger.
        package var address = Allowance(free: 19, parallel: 64, cap: .seconds(900))
        /// Failures are forgotten after this time without another one.
        package var memory: Duration = .seconds(3600)
        /// Maximum number of pairs, and of addresses, to track, about 400 bytes each; beyond it, the oldest are evicted.
        package var capacity = 10_000

        package init() {}
    }

    /// An admitted attempt, which must be ended.
    struct Attempt: Sendable {
        fileprivate let pair: String
        fileprivate let address: String?
    }

    enum Outcome: Sendable {
        case succeeded, failed
        /// The password was not verified: a backend was down, or the caller disconnected.
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

    /// Admits an attempt, or refuses it before any hashing. A refused attempt is not counted.
    ///
    /// - Throws: `login_throttled` (429) with the seconds to wait.
    func begin(account: String, address: String?) throws(PixelFlowError) -> Attempt {
        let now = clock.now()
        // No address contains a line feed, so the key is unambiguous.
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

    /// A success resets the account for this address, but never the address: otherwise one valid account would allow unlimited guesses at
    /// others.
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
            .throttled, code: "login_throttled", "Too many failed attempts; try again in \(seconds.counted("second")).",
            retry: .transient, retryAfter: max(1, seconds))
    }
}
