package import PixelFlowCore
import WireFormats

/// The rules for the claims of a token: issuer, audience, and tolerated clock skew.
package struct TokenRules: Sendable, Hashable {
    /// The `iss` of every token: `PIXELFLOW_AUTH_ISSUER`.
    package var issuer: String
    /// The name that the `aud` of every token must contain: `PIXELFLOW_AUTH_AUDIENCE`.
    package var audience: String
    /// The tolerated clock skew between two machines.
    package var leeway: Duration

    package init(issuer: String = "pixelflow", audience: String = "pixelflow", leeway: Duration = .seconds(30)) {
        self.issuer = issuer
        self.audience = audience
        self.leeway = leeway
    }

    /// - Throws: `token_expired` or `token_invalid`.
    func judge(_ claims: TokenClaims, at now: Timestamp) throws(PixelFlowError) -> VerifiedToken {
        guard claims.iss == issuer, claims.aud.names.contains(audience), !claims.sub.isEmpty, !claims.tenant.isEmpty,
            let expiry = Self.timestamp(claims.exp), let start = Self.timestamp(claims.nbf ?? claims.iat)
        else { throw .tokenInvalid }
        guard start <= now + leeway else { throw .tokenInvalid }
        let end = expiry + leeway
        guard now < end else { throw .tokenExpired }
        return VerifiedToken(principal: Self.principal(claims), expiresAt: expiry, acceptedUntil: end)
    }

    /// An unknown role was granted by a newer release; treat it as the one with the fewest rights. A token without a role was issued before
    /// roles were introduced, when every user owned their organisation.
    private static func principal(_ claims: TokenClaims) -> Principal {
        let role = claims.role.map { Role(rawValue: $0) ?? .viewer } ?? .owner
        return Principal(
            user: UserID(claims.sub), email: claims.email, tenant: TenantID(claims.tenant), role: role,
            scopes: claims.scope.map(Scope.set), credential: .token(session: claims.sid.map(SessionID.init)),
            membershipVersion: claims.mv ?? 0)
    }

    /// Nil for times before 1970 or after the year 3000, so that no arithmetic can overflow.
    private static func timestamp(_ seconds: Double) -> Timestamp? {
        guard seconds.isFinite, (0...32_503_680_000).contains(seconds) else { return nil }
        return Timestamp(microseconds: Int64(seconds * 1_000_000))
    }
}

/// A token that has passed verification.
package struct VerifiedToken: Sendable, Hashable {
    package let principal: Principal
    /// The expiry from the token.
    package let expiresAt: Timestamp
    /// `expiresAt` plus the leeway.
    package let acceptedUntil: Timestamp
    /// Networks from which it may be used; empty allows any address.
    var networks: [NetworkRange] = []

    /// - Parameter address: the address of the client; nil if unknown.
    /// - Throws: `network_not_allowed` (403).
    func requireNetwork(of address: IPAddress?) throws(PixelFlowError) {
        guard networks.isEmpty || address.map({ address in networks.contains { $0.contains(address.unmapped) } }) == true else {
            throw .networkNotAllowed
        }
    }
}

extension TokenRules {
    static let issuerSetting = Setting<String>.text("PIXELFLOW_AUTH_ISSUER", default: "pixelflow", help: "The iss claim of tokens.")
    static let audienceSetting = Setting<String>.text("PIXELFLOW_AUTH_AUDIENCE", default: "pixelflow", help: "The aud claim of tokens.")

    package static let descriptions: [SettingDescription] = [issuerSetting.description, audienceSetting.description]

    package init(_ settings: Settings) throws(PixelFlowError) {
        self.init(issuer: try settings[Self.issuerSetting], audience: try settings[Self.audienceSetting])
    }
}
