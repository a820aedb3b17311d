package import JWTKit
package import PixelFlowCore

/// The claims of a PixelFlow token. Times are seconds since 1970.
package struct TokenClaims: JWTPayload, Hashable {
    package var iss: String
    package var aud: Audience
    /// The user's id.
    package var sub: String
    package var email: String
    package var tenant: String
    /// The role in the organisation; absent in tokens of releases before roles, whose bearers own their organisation.
    package var role: String?
    /// Scopes, separated by spaces; absent as `role` is.
    package var scope: String?
    /// The session; absent in tokens of releases before sessions.
    package var sid: String?
    /// The version of the membership; see `Principal.membershipVersion`.
    package var mv: Int64?
    package var iat: Double
    package var nbf: Double?
    package var exp: Double
    /// Unique for each token.
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

    /// Whole seconds: NumericDate allows fractions, but not every reader does.
    private static func seconds(_ time: Timestamp) -> Double { Double(time.microseconds / 1_000_000) }

    /// Deliberately empty: issuer, audience and times are judged by `TokenRules`, with a clock.
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
