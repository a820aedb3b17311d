public import PixelFlowCore
import Synchronization

/// Slows down guessing, per account and per address. Failures within the allowance are free; each
/// one beyond doubles the wait, up to a cap. Nobody is locked out for good.
public final class LoginThrottle: Sendable {
    /// How patient the throttle is with one account or one address.
    public struct Allowance: Sendable, Hashable {
        /// Failures without a wait.
        public var free: Int
        /// Attempts at the same time, less the failures so far, and one at least: parallel guesses
        /// must not slip by before the first of them has been counted.
        public var parallel: Int
        /// The first wait; doubled by each further failure.
        public var base: Duration = .seconds(1)
        public var cap: Duration

        /// The wait after that many failures.
        func wait(after failures: Int) -> Duration {
            guard failures > free else { return .zero }
            // 2^20 seconds are twelve days, over any cap.
            return min(cap, base * (1 << min(failures - free - 1, 20)))
        }
    }

    public struct Limits: Sendable, Hashable {
        /// An account: five slips of the finger, then up to five minutes, which leaves 288 guesses a day.
        public var account = Allowance(free: 4, parallel: 8, cap: .seconds(300))
        /// An address: many people can share one, so it is given more room.
        public var address = Allowance(free: 19, parallel: 64, cap: .seconds(900))
        /// A time without failures after which all is forgotten.
        public var memory: Duration = .seconds(3600)
        /// Accounts, and addresses, remembered at most, some 200 bytes each.
        public var capacity = 10_000

        public init() {}
    }

    /// An attempt that has been let through and has to be ended.
    struct Attempt: Sendable {
        fileprivate let account: String
        fileprivate let address: String?
    }

    enum Outcome: Sendable {
        case succeeded, failed
        /// The password was never judged: a backend was down, or the caller went away.
        case undecided
    }

    private struct State {
        var accounts: FailureLedger
        var addresses: FailureLedger
    }

    private let state: Mutex<State>
    private let clock: any WallClock

    public init(_ limits: Limits = Limits(), clock: any WallClock = SystemClock()) {
        self.clock = clock
        self.state = Mutex(
            State(
                accounts: FailureLedger(limits.account, memory: limits.memory, capacity: limits.capacity),
                addresses: FailureLedger(limits.address, memory: limits.memory, capacity: limits.capacity)))
    }

    /// Lets an attempt through, or refuses it without any hashing. A refused attempt counts for nothing.
    ///
    /// - Throws: `login_throttled` (429) with the seconds to wait.
    func begin(account: String, address: String?) throws(PixelFlowError) -> Attempt {
        let now = clock.now()
        let wait = state.withLock { state -> Duration in
            let wait = max(state.accounts.wait(account, at: now), address.map { state.addresses.wait($0, at: now) } ?? .zero)
            if wait == .zero {
                state.accounts.begin(account, at: now)
                if let address { state.addresses.begin(address, at: now) }
            }
            return wait
        }
        guard wait == .zero else { throw Self.throttled(wait) }
        return Attempt(account: account, address: address)
    }

    /// A success clears the account, never the address: else one good account would buy guesses at others.
    func end(_ attempt: Attempt, _ outcome: Outcome) {
        let now = clock.now()
        state.withLock { state in
            state.accounts.end(attempt.account, failed: outcome == .failed, at: now)
            if outcome == .succeeded { state.accounts.forgive(attempt.account) }
            if let address = attempt.address { state.addresses.end(address, failed: outcome == .failed, at: now) }
        }
    }

    private static func throttled(_ wait: Duration) -> PixelFlowError {
        let seconds = Int((wait.seconds).rounded(.up))
        return PixelFlowError(
            .throttled, code: "login_throttled", "Too many failed attempts; try again in \(seconds) seconds.",
            retry: .transient, retryAfter: max(1, seconds))
    }
}
