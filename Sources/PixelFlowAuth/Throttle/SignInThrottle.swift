import Crypto
import PixelFlowCore
import PixelFlowLimits
import WireFormats

/// `LoginThrottle`, and with it the failures that all replicas have seen together.
///
/// A replica by itself would grant each attacker its whole allowance once more. Failures are therefore counted in the limiter of the
/// replicas as well, by account and address and by address. Attempts that are under way on other replicas are not seen: each of them
/// lets as many in at a time as its own throttle.
struct SignInThrottle: Sendable {
    /// Of an address at one account: a burst, and then one guess in five minutes, as the longest wait of `LoginThrottle`.
    static let pair = RateLimit(name: "login-failures", quota: 12, window: .seconds(3600))
    /// Of an address over all accounts: a burst, and then one in 90 s.
    static let address = RateLimit(name: "login-failures-address", quota: 40, window: .seconds(3600))

    struct Attempt: Sendable {
        fileprivate let own: LoginThrottle.Attempt
        fileprivate let pair: RateBucket
        fileprivate let address: RateBucket?

        fileprivate var buckets: [RateBucket] { [pair] + (address.map { [$0] } ?? []) }
    }

    private let own: LoginThrottle
    private let shared: (any RateLimiter)?

    /// - Parameter shared: counts with the other replicas, and by itself while they cannot be reached; nil without other replicas.
    init(_ own: LoginThrottle, shared: (any RateLimiter)?) {
        self.own = own
        self.shared = shared
    }

    /// Lets an attempt through, or refuses it without any hashing. A refused attempt counts for nothing.
    ///
    /// - Throws: `login_throttled` (429) with the seconds to wait.
    func begin(account: String, address: String?) async throws -> Attempt {
        let attempt = Attempt(
            own: try own.begin(account: account, address: address),
            // No address has a line end in it. What is kept elsewhere names nobody.
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

    /// A success clears the account for this address, never the address.
    ///
    /// - Throws: what the limiter throws, which one that fails open does not.
    func end(_ attempt: Attempt, _ outcome: LoginThrottle.Outcome) async throws {
        own.end(attempt.own, outcome)
        switch outcome {
        case .undecided: break
        case .succeeded: try await shared?.clear([attempt.pair])
        // Each by itself: one that is full must not keep the other from counting.
        case .failed: for bucket in attempt.buckets { _ = try await shared?.admit([bucket]) }
        }
    }
}
