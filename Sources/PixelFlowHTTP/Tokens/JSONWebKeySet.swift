import Foundation
import JWTKit
package import OpenAPI

/// The public keys that tokens are verified with, as served at `/.well-known/jwks.json` (RFC 7517).
package struct JSONWebKeySet: Codable, Sendable, Hashable, SchemaNamed, SchemaAnnotated {
    package static let schemaName = "JSONWebKeySet"
    package static let annotations: [String: SchemaAnnotation] = ["keys": "P-256 keys for ES256."]

    package var keys: [JSONWebKey]

    package init(keys: [JSONWebKey]) {
        self.keys = keys
    }

    /// Reads the document. Keys of other kinds may stand in it; they are not used.
    package init(json: some Sequence<UInt8>) throws {
        self = try JSONCoding.decoder.decode(JSONWebKeySet.self, from: Data(json))
    }
}

/// One public key. Only P-256 keys for ES256 are ever used; the rest is read and left alone.
package struct JSONWebKey: Codable, Sendable, Hashable {
    package var kid: String?
    package var kty: String
    package var crv: String?
    package var alg: String?
    package var use: String?
    /// Coordinates, base64url without padding.
    package var x: String?
    package var y: String?

    /// A P-256 key that signs with ES256.
    package init(kid: String, x: String, y: String) {
        self.kid = kid
        self.kty = "EC"
        self.crv = "P-256"
        self.alg = "ES256"
        self.use = "sig"
        self.x = x
        self.y = y
    }
}

/// The source of a verifier's keys: the auth service, or the same process.
package protocol VerificationKeySource: Sendable {
    func jwks() async throws -> JSONWebKeySet
}

/// A source backed by a closure: an HTTP call, or a function in the same process.
package struct ClosureKeySource: VerificationKeySource {
    private let fetch: @Sendable () async throws -> JSONWebKeySet

    package init(_ fetch: @escaping @Sendable () async throws -> JSONWebKeySet) {
        self.fetch = fetch
    }

    package func jwks() async throws -> JSONWebKeySet { try await fetch() }
}

/// One key that may verify tokens, bound to ES256.
///
/// jwt-kit's collection takes its default key for an unknown `kid`, and for a JWK without `alg` the
/// algorithm of the token's own header. A collection of exactly one key, added as an ES256 key and
/// not as a JWK, leaves no room for either.
struct VerificationKey: Sendable {
    let kid: String
    private let collection: JWTKeyCollection

    /// Nil for keys of another kind or use, and for invalid keys.
    init?(_ jwk: JSONWebKey) async {
        guard jwk.kty == "EC", jwk.crv == "P-256", jwk.alg == nil || jwk.alg == "ES256", jwk.use == nil || jwk.use == "sig",
            let kid = jwk.kid, !kid.isEmpty, let x = jwk.x, let y = jwk.y,
            let key = try? ES256PublicKey(parameters: (x: x, y: y))
        else { return nil }
        self.kid = kid
        self.collection = await JWTKeyCollection().add(ecdsa: key, kid: JWKIdentifier(string: kid))
    }

    /// Checks the signature and reads the claims; judges none of them.
    func open(_ token: String) async throws -> TokenClaims {
        try await collection.verify(token, as: TokenClaims.self)
    }
}
