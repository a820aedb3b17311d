import Crypto
import Foundation
import PixelFlowHTTP
import PixelFlowIdentity

/// The secrets in the links of messages. Each is a function of the message's id, so that every attempt to send it has the same link
/// and no copy of the secret has to be stored.
struct MailSecrets: Sendable {
    private let key: SymmetricKey

    /// - Parameter secret: known to the replicas of auth alone.
    init(secret: String) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: Data(secret.utf8)), info: Data("pixelflow mail".utf8), outputByteCount: 32)
    }

    func token(of mail: QueuedMail) -> SecretToken { token(mail.kind, mail.id) }

    /// - Parameter id: of the message.
    func token(_ kind: QueuedMail.Kind, _ id: String) -> SecretToken {
        let secret: SecretToken.Kind =
            switch kind {
            case .invitation: .invitation
            case .passwordForgotten, .passwordReset: .passwordReset
            case .verification: .verification
            }
        return SecretToken(secret, derivedFrom: key, for: id)
    }
}
