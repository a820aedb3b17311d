import Crypto
import Foundation
import PixelFlowCore
import WireFormats

/// Creates and parses refresh tokens. A token contains the session, its generation (how often it has been exchanged) and a MAC of both.
///
/// A token depends on nothing else, so that a client that lost the response, or its second tab, gets the same next token again, and no copy
/// of a token has to be stored.
struct RefreshTokens: Sendable {
    private static let prefix = "pf_refresh_"
    private let key: SymmetricKey

    /// - Parameter secret: shared by the replicas of auth only.
    init(secret: String) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: Data(secret.utf8)), info: Data("pixelflow refresh token".utf8), outputByteCount: 32)
    }

    /// The token with which the first account can register; the same in every replica.
    var setupToken: String {
        "pf_setup_" + Base64.urlEncoded(HMAC<SHA256>.authenticationCode(for: Data("pixelflow setup".utf8), using: key))
    }

    func token(of session: SessionID, generation: Int64) -> String {
        let claim = "\(session.rawValue).\(generation)"
        return "\(Self.prefix)\(claim).\(Base64.urlEncoded(HMAC<SHA256>.authenticationCode(for: Data(claim.utf8), using: key)))"
    }

    /// Parses a token; nil if this service did not issue it.
    func read(_ token: String) -> (session: SessionID, generation: Int64)? {
        guard token.hasPrefix(Self.prefix), token.utf8.count <= 256 else { return nil }
        let parts = token.dropFirst(Self.prefix.count).split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let generation = Int64(parts[1]) else { return nil }
        let session = SessionID(String(parts[0]))
        guard ConstantTime.equals(self.token(of: session, generation: generation), token) else { return nil }
        return (session, generation)
    }
}
