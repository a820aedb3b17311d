import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity

/// Prepares messages for those who queue them, and tells the sender of this process.
struct Outbox: Sendable {
    let settings: MailSettings
    let issuer: AsyncLazy<TokenIssuer>
    let signal = MailSignal()

    /// A message and the secret of its link. The caller stores the secret's hash and the message in one transaction, and calls
    /// `wake()` afterwards.
    func prepare(
        _ kind: QueuedMail.Kind, to address: String, of organisation: TenantID? = nil, at now: Timestamp, for lifetime: Duration
    ) async throws -> (mail: QueuedMail, secret: SecretToken) {
        let mail = QueuedMail(
            id: UUIDv7.make(at: now), kind: kind, recipient: address, organisation: organisation, createdAt: now,
            expiresAt: now + lifetime)
        return (mail, try await issuer.value.mailSecrets.token(of: mail))
    }

    /// Lets the sender look at once, and not in its own time.
    func wake() { signal.wake() }
}

/// Wakes one sender. Many calls before it looks are one.
struct MailSignal: Sendable {
    let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func wake() { continuation.yield() }
}
