import PixelFlowCore
import PixelFlowLimits
import WireFormats

/// Limits registrations from one address: an hour's allowance at once, which is then refilled over time. A refused registration
/// costs neither a hash nor a database query. Replicas that share a limiter share the allowance.
struct RegistrationThrottle: Sendable {
    private let limit: RateLimit
    private let limiter: any RateLimiter

    /// - Parameters:
    ///   - perHour: registrations from one address.
    ///   - limiter: counts them.
    init(perHour: Int, limiter: any RateLimiter) {
        limit = RateLimit(name: "registration", quota: perHour, window: .seconds(3600))
        self.limiter = limiter
    }

    /// Counts a registration from `address`, or refuses it. One without an address, as in a test, is let through.
    ///
    /// - Throws: `registration_throttled` (429) with the seconds to wait.
    func admit(_ address: String?) async throws {
        guard let address else { return }
        if let refusal = try await limiter.admit([RateBucket(limit, key: "a:\(address)")]).refusal { throw Self.throttled(refusal.wait) }
    }

    private static func throttled(_ wait: Duration) -> PixelFlowError {
        let seconds = max(1, Int((wait.microseconds + 999_999) / 1_000_000))
        return PixelFlowError(
            .throttled, code: "registration_throttled",
            "Too many registrations from your address; try again in \(seconds) seconds.",
            retry: .transient, retryAfter: seconds)
    }
}
