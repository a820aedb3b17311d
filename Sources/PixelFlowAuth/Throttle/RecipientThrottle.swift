import Crypto
import PixelFlowCore
import PixelFlowIdentity
import PixelFlowLimits
import WireFormats

/// Limits how often other people can have mail sent to an address, whoever asks, so that the service cannot be used to flood a mailbox.
/// Replicas that share a limiter share the allowance.
struct RecipientThrottle: Sendable {
    private static let limit = RateLimit(name: "mail-recipient", quota: 1, window: IdentityStore.resetPause)

    let limiter: any RateLimiter

    /// Counts one message to `address`, or refuses it.
    ///
    /// - Throws: `recipient_throttled` (429) with the seconds to wait.
    func admit(_ address: String) async throws {
        // Hashed because the shared store must not hold personal data.
        let bucket = RateBucket(Self.limit, key: SHA256.hash(data: Array(address.utf8)).hexadecimal)
        guard let refusal = try await limiter.admit([bucket]).refusal else { return }
        let seconds = refusal.retryAfterSeconds
        throw PixelFlowError(
            .throttled, code: "recipient_throttled", "This address has just been invited; try again in \(seconds.counted("second")).",
            retry: .transient, retryAfter: seconds)
    }
}
