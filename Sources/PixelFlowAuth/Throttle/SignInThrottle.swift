import Crypto
import PixelFlowCore
import PixelFlowLimits
import WireFormats

/// `LoginThrottle`, and in addition the failures that all replicas share.
///
/// With local counts only, an attacker would get the full allowance on each replica. Failures are therefore also counted in the limiter
/// that the replicas share, by account and address and by address. Concurrent attempts on other replicas are not visible: each replica
/// limits only its own.
struct SignInThrottle: Sendable {
    /// An address at one account: a burst, then one guess in five minutes, the longest delay of `LoginThrottle`.
    static let pair = RateLimit(name: "login-failures", quota: 12, window: .seconds(3600))
    /// An address over all accounts: a burst, then one guess in 90 s.
    static let address = RateLimit(name: "login-failures-address", quota: 40, window: .seconds(3600))

    struct Attempt: Sendable {
        fileprivate let own: LoginThrottle.Attempt
        fileprivate let pair: RateBucket
        fileprivate let address: RateBucket?

        fileprivate var buckets: [RateBucket] { [pair] + (address.map { [$0] } ?? []) }
    }

    private let own: LoginThrottle
    private let shared: (any RateLimiter)?

    /// - Parameter shared: counts together with the other replicas, and locally while the limiter is unreachable; nil for a single replica.
    init(_ own: LoginThrottle, shared: (any RateLimiter)?) {
        self.own = own
        self.shared = shared
    }

    /// Admits an attempt, or refuses it before any hashing. A refused attempt is not counted.
    ///
    /// - Throws: `login_throttled` (429) with the seconds to wait.
    func begin(account: String, address: String?) async throws -> Attempt {
        let attempt = Attempt(
            own: try own.begin(account: account, address: address),
            // No address contains a line feed, so the key is unambiguous. It is hashed because the shared store must not hold personal
            // data.
            pair: RateBucket(Self.pair, key: SHA256.hash(data: Array("\(address ?? "")\n\(account)".utf8)).hexadecimal),
            address: address.map { RateBucket(Self.address, key: "a:\($0)") })
        do {
            if let refusal = try await shared?.preview(attempt.buckets).refusal { throw LoginThrottle.throttled(refusal.wait) }
        } catch {
            own.end(attempt.own, .undecided)
            throw error
        }
        return attempt
    }

    /// A success resets the account for this address, but never the address.
    ///
    /// - Throws: the error of the limiter, if that does not fail open.
    func end(_ attempt: Attempt, _ outcome: LoginThrottle.Outcome) async throws {
        own.end(attempt.own, outcome)
        switch outcome {
        case .undecided: break
        case .succeeded: try await shared?.clear([attempt.pair])
        // One by one: if one bucket is full, the other must still count.
        case .failed: for bucket in attempt.buckets { _ = try await shared?.admit([bucket]) }
        }
    }
}
