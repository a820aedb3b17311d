import PixelFlowCore
import PixelFlowLimits
import WireFormats

/// Limits expensive requests, and those that send mail, per client address, with a token bucket that holds the allowance of an hour. A refused
/// request costs neither a hash nor a database query. Replicas that share a limiter share the allowance.
struct AddressThrottle: Sendable {
    /// The kinds of request, which are counted separately.
    enum Kind: String, Sendable {
        case registration
        case mail

        fileprivate func refusal(_ seconds: Int) -> PixelFlowError {
            let message =
                switch self {
                case .registration: "Too many registrations from your address; try again in \(seconds.counted("second"))."
                case .mail: "Too many messages were requested from your address; try again in \(seconds.counted("second"))."
                }
            return PixelFlowError(.throttled, code: "\(rawValue)_throttled", message, retry: .transient, retryAfter: seconds)
        }
    }

    private let kind: Kind
    private let limit: RateLimit
    private let limiter: any RateLimiter

    /// - Parameters:
    ///   - perHour: the allowance of one address.
    ///   - limiter: keeps the counts.
    init(_ kind: Kind, perHour: Int, limiter: any RateLimiter) {
        self.kind = kind
        self.limiter = limiter
        limit = RateLimit(name: kind.rawValue, quota: perHour, window: .seconds(3600))
    }

    /// Counts one request of `address`, or refuses it. Requests without an address, as in tests, are always admitted.
    ///
    /// - Throws: `registration_throttled` or `mail_throttled` (429) with the seconds to wait.
    func admit(_ address: String?) async throws {
        guard let address else { return }
        guard let refusal = try await limiter.admit([RateBucket(limit, key: "a:\(address)")]).refusal else { return }
        throw kind.refusal(refusal.retryAfterSeconds)
    }
}
