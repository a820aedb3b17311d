public import JWTKit
public import PixelFlowCore

/// What a token of PixelFlow says. Times are seconds since 1970.
public struct TokenClaims: JWTPayload, Hashable {
    public var iss: String
    public var aud: Audience
    /// The user's id.
    public var sub: String
    public var email: String
    public var tenant: String
    public var iat: Double
    public var nbf: Double?
    public var exp: Double
    /// Unique for each token.
    public var jti: String

    public init(
        issuer: String, audience: String, principal: Principal, issuedAt: Timestamp, expiresAt: Timestamp, id: String
    ) {
        iss = issuer
        aud = Audience([audience])
        sub = principal.user.rawValue
        email = principal.email
        tenant = principal.tenant.rawValue
        iat = Self.seconds(issuedAt)
        nbf = Self.seconds(issuedAt)
        exp = Self.seconds(expiresAt)
        jti = id
    }

    /// Whole seconds: NumericDate allows fractions, but not every reader does.
    private static func seconds(_ time: Timestamp) -> Double { Double(time.microseconds / 1_000_000) }

    /// Deliberately empty: issuer, audience and times are judged by `TokenRules`, with a clock.
    public func verify(using algorithm: some JWTAlgorithm) {}
}

/// The `aud` claim: one name or several.
public struct Audience: Codable, Hashable, Sendable {
    public let names: [String]

    public init(_ names: [String]) {
        self.names = names
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let name = try? container.decode(String.self) {
            names = [name]
        } else {
            names = try container.decode([String].self)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if names.count == 1 { try container.encode(names[0]) } else { try container.encode(names) }
    }
}
