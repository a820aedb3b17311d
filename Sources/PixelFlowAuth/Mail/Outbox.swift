import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity

/// Prepares messages for the code that queues them, and wakes the sender of this process.
struct Outbox: Sendable {
    let settings: MailSettings
    let issuer: AsyncLazy<TokenIssuer>
    let signal = WakeSignal()

    /// Creates a message and the secret of its link. The caller stores the hash of the secret and the message in one transaction, and then
    /// calls `wake()`.
    func prepare(
        _ kind: QueuedMail.Kind, to address: String, of organisation: TenantID? = nil, at now: Timestamp, for lifetime: Duration
    ) async throws -> (mail: QueuedMail, secret: SecretToken) {
        let mail = QueuedMail(
            id: UUIDv7.make(at: now), kind: kind, recipient: address, organisation: organisation, createdAt: now,
            expiresAt: now + lifetime)
        return (mail, try await issuer.value.mailSecrets.token(of: mail))
    }

    /// Makes the sender check the outbox immediately.
    func wake() { signal.wake() }
}
