import Foundation
import JWTKit
package import OpenAPI

/// The public keys that verify tokens, as served at `/.well-known/jwks.json` (RFC 7517).
package struct JSONWebKeySet: Codable, Sendable, Hashable, SchemaNamed, SchemaAnnotated {
    package static let schemaName = "JSONWebKeySet"
    package static let annotations: [String: SchemaAnnotation] = ["keys": "P-256 keys for ES256."]

    package var keys: [JSONWebKey]

    package init(keys: [JSONWebKey]) {
        self.keys = keys
    }

    /// Parses the document. Keys of other kinds are allowed and ignored.
    package init(json: some Sequence<UInt8>) throws {
        self = try JSONCoding.decoder.decode(JSONWebKeySet.self, from: Data(json))
    }
}

/// A public key. Only P-256 keys for ES256 are used; others are ignored.
package struct JSONWebKey: Codable, Sendable, Hashable {
    package var kid: String?
    package var kty: String
    package var crv: String?
    package var alg: String?
    package var use: String?
    /// Coordinates in base64url without padding.
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

/// Provides the keys of a verifier: the auth service, or the same process.
package protocol VerificationKeySource: Sendable {
    func jwks() async throws -> JSONWebKeySet
}

/// A source that calls a closure: an HTTP request, or a function in the same process.
package struct ClosureKeySource: VerificationKeySource {
    private let fetch: @Sendable () async throws -> JSONWebKeySet

    package init(_ fetch: @escaping @Sendable () async throws -> JSONWebKeySet) {
        self.fetch = fetch
    }

    package func jwks() async throws -> JSONWebKeySet { try await fetch() }
}

/// A key that verifies tokens, restricted to ES256.
///
/// For an unknown `kid`, jwt-kit's key collection uses its default key, and for a JWK without `alg` the algorithm of the token's own
/// header. A collection of exactly one key, added as an ES256 key and not as a JWK, allows neither.
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

    /// Verifies the signature and decodes the claims, without validating them.
    func open(_ token: String) async throws -> TokenClaims {
        try await collection.verify(token, as: TokenClaims.self)
    }
}
