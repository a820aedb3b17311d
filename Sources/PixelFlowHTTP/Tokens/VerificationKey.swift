import JWTKit

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
