package import PixelFlowCore
import WireFormats

/// Which tokens count: whose, for whom, and how far two clocks may differ.
package struct TokenRules: Sendable, Hashable {
    /// `PIXELFLOW_AUTH_ISSUER`: the `iss` of every token.
    package var issuer: String
    /// `PIXELFLOW_AUTH_AUDIENCE`: must be among the `aud` of every token.
    package var audience: String
    /// How far the clocks of two machines may be apart.
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

    /// A role that is not known here was given by a newer release: it may do least. A token without a role is of a release before
    /// roles, when everyone owned their organisation.
    private static func principal(_ claims: TokenClaims) -> Principal {
        let role = claims.role.map { Role(rawValue: $0) ?? .viewer } ?? .owner
        return Principal(
            user: UserID(claims.sub), email: claims.email, tenant: TenantID(claims.tenant), role: role,
            scopes: claims.scope.map(Scope.set), credential: .token(session: claims.sid.map(SessionID.init)),
            membershipVersion: claims.mv ?? 0)
    }

    /// Nil if the time is not in this millennium, so that no arithmetic can overflow.
    private static func timestamp(_ seconds: Double) -> Timestamp? {
        guard seconds.isFinite, (0...32_503_680_000).contains(seconds) else { return nil }
        return Timestamp(microseconds: Int64(seconds * 1_000_000))
    }
}

/// A token that has been found good.
package struct VerifiedToken: Sendable, Hashable {
    package let principal: Principal
    /// As the token says.
    package let expiresAt: Timestamp
    /// `expiresAt` and the leeway.
    package let acceptedUntil: Timestamp
    /// Where it may be used from; anywhere if empty.
    var networks: [NetworkRange] = []

    /// - Parameter address: of the client; nil if it is not known.
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
