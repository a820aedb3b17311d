package import JWTKit
package import PixelFlowCore

/// The claims of a PixelFlow token. Times are seconds since 1970.
package struct TokenClaims: JWTPayload, Hashable {
    package var iss: String
    package var aud: Audience
    /// The id of the user.
    package var sub: String
    package var email: String
    package var tenant: String
    /// The role in the organisation. Absent in tokens issued before roles were introduced, whose users own their organisation.
    package var role: String?
    /// Scopes, separated by spaces; absent in the same tokens as `role`.
    package var scope: String?
    /// The session; absent in tokens issued before sessions were introduced.
    package var sid: String?
    /// The version of the membership; see `Principal.membershipVersion`.
    package var mv: Int64?
    package var iat: Double
    package var nbf: Double?
    package var exp: Double
    /// Unique per token.
    package var jti: String

    package init(
        issuer: String, audience: String, principal: Principal, issuedAt: Timestamp, expiresAt: Timestamp, id: String
    ) {
        iss = issuer
        aud = Audience([audience])
        sub = principal.user.rawValue
        email = principal.email
        tenant = principal.tenant.rawValue
        role = principal.role?.rawValue
        scope = Scope.text(principal.scopes)
        sid = principal.session?.rawValue
        mv = principal.membershipVersion
        iat = Self.seconds(issuedAt)
        nbf = Self.seconds(issuedAt)
        exp = Self.seconds(expiresAt)
        jti = id
    }

    /// Whole seconds: NumericDate allows fractions, but some parsers do not.
    private static func seconds(_ time: Timestamp) -> Double { Double(time.microseconds / 1_000_000) }

    /// Deliberately empty: `TokenRules` validates issuer, audience and times with an injected clock.
    package func verify(using algorithm: some JWTAlgorithm) {}
}

/// The `aud` claim: one name or several.
package struct Audience: Codable, Hashable, Sendable {
    package let names: [String]

    package init(_ names: [String]) {
        self.names = names
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let name = try? container.decode(String.self) {
            names = [name]
        } else {
            names = try container.decode([String].self)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if names.count == 1 { try container.encode(names[0]) } else { try container.encode(names) }
    }
}
