import Crypto
import Foundation
import JWTKit
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import WireFormats

/// A P-256 key pair that signs tokens with ES256.
struct SigningKey: Sendable {
    let id: String
    let jwk: JSONWebKey
    private let signer: JWTKeyCollection

    /// - Throws: `signing_key_unreadable` if the stored key is not a valid private key.
    init(_ record: SigningKeyRecord) async throws {
        do {
            let key = try P256.Signing.PrivateKey(pemRepresentation: record.privateKey)
            id = record.id
            jwk = Self.publicKey(key, id: record.id)
            signer = await JWTKeyCollection().add(ecdsa: try ES256PrivateKey(backing: key), kid: JWKIdentifier(string: record.id))
        } catch {
            throw PixelFlowError(
                .internal, code: "signing_key_unreadable", "The stored signing key \(record.id) cannot be read.", cause: error)
        }
    }

    /// Generates a key, with its thumbprint as the id.
    static func generate(at now: Timestamp) -> SigningKeyRecord {
        let key = P256.Signing.PrivateKey()
        return SigningKeyRecord(id: thumbprint(key), privateKey: key.pemRepresentation, createdAt: now)
    }

    func sign(_ claims: TokenClaims) async throws -> String {
        try await signer.sign(claims, kid: JWKIdentifier(string: id), header: ["alg": "ES256", "typ": "JWT"])
    }

    private static func publicKey(_ key: P256.Signing.PrivateKey, id: String) -> JSONWebKey {
        let (x, y) = coordinates(key)
        return JSONWebKey(kid: id, x: x, y: y)
    }

    /// RFC 7638: SHA-256 over the required members in the order of their names.
    private static func thumbprint(_ key: P256.Signing.PrivateKey) -> String {
        let (x, y) = coordinates(key)
        let members = #"{"crv":"P-256","kty":"EC","x":"\#(x)","y":"\#(y)"}"#
        return Base64.urlEncoded(SHA256.hash(data: Data(members.utf8)))
    }

    private static func coordinates(_ key: P256.Signing.PrivateKey) -> (x: String, y: String) {
        let raw = key.publicKey.rawRepresentation
        return (Base64.urlEncoded(raw.prefix(32)), Base64.urlEncoded(raw.suffix(32)))
    }
}
