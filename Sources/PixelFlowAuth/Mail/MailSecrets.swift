import Crypto
import Foundation
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import WireFormats

/// The secrets in the links of messages. Each is derived from the id of the message, so that every attempt sends the same link and no copy
/// of the secret has to be stored.
struct MailSecrets: Sendable {
    private let key: SymmetricKey
    private let noticeKey: SymmetricKey

    /// - Parameter secret: shared by the replicas of auth only.
    init(secret: String) {
        key = Self.key("pixelflow mail", from: secret)
        noticeKey = Self.key("pixelflow notices", from: secret)
    }

    private static func key(_ purpose: String, from secret: String) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: Data(secret.utf8)), info: Data(purpose.utf8), outputByteCount: 32)
    }

    /// The unsubscribe token of a subscription. It does not expire and authorises nothing else.
    func token(of subscription: NoticeSubscription) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Data(subscription.name.utf8), using: noticeKey)
        return "\(subscription.name).\(Data(code).hexadecimal)"
    }

    /// The subscription that a token ends; nil if this service did not issue the token.
    func subscription(_ token: String) -> NoticeSubscription? {
        guard let end = token.lastIndex(of: "."), let subscription = NoticeSubscription(token[..<end]),
            ConstantTime.equals(token, self.token(of: subscription))
        else { return nil }
        return subscription
    }

    /// - Throws: `mail_without_secret` for a notice, whose links contain no secret.
    func token(of mail: QueuedMail) throws(PixelFlowError) -> SecretToken {
        let secret: SecretToken.Kind =
            switch mail.kind {
            case .invitation: .invitation
            case .passwordForgotten, .passwordReset: .passwordReset
            case .verification: .verification
            case .webhookDisabled, .quotaWarning, .taskDigest, .batchCompleted:
                throw PixelFlowError(.internal, code: "mail_without_secret", "A notice has no secret.")
            }
        return SecretToken(secret, derivedFrom: key, for: mail.id)
    }
}
