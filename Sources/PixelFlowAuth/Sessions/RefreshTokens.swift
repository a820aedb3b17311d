import Crypto
import Foundation
import PixelFlowCore
import WireFormats

/// Makes and reads refresh tokens: a session, how often its token has been exchanged, and a MAC of both.
///
/// A token is a function of the session's generation, so that a client whose answer was lost, or its second tab, gets the same next
/// token again and no copy of one has to be stored.
struct RefreshTokens: Sendable {
    private static let prefix = "pf_refresh_"
    private let key: SymmetricKey

    /// - Parameter secret: known to the replicas of auth alone.
    init(secret: String) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: Data(secret.utf8)), info: Data("pixelflow refresh token".utf8), outputByteCount: 32)
    }

    /// Lets the first account in; the same in every replica.
    var setupToken: String {
        "pf_setup_" + Base64.urlEncoded(HMAC<SHA256>.authenticationCode(for: Data("pixelflow setup".utf8), using: key))
    }

    func token(of session: SessionID, generation: Int64) -> String {
        let claim = "\(session.rawValue).\(generation)"
        return "\(Self.prefix)\(claim).\(Base64.urlEncoded(HMAC<SHA256>.authenticationCode(for: Data(claim.utf8), using: key)))"
    }

    /// Nil for a token that was not made here.
    func read(_ token: String) -> (session: SessionID, generation: Int64)? {
        guard token.hasPrefix(Self.prefix), token.utf8.count <= 256 else { return nil }
        let parts = token.dropFirst(Self.prefix.count).split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let generation = Int64(parts[1]) else { return nil }
        let session = SessionID(String(parts[0]))
        guard ConstantTime.equals(self.token(of: session, generation: generation), token) else { return nil }
        return (session, generation)
    }
}
