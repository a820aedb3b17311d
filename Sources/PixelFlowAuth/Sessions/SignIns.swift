import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity

/// Opens sessions and issues their tokens.
struct SignIns: Sendable {
    let store: IdentityStore
    let issuer: AsyncLazy<TokenIssuer>
    /// How long a session stays valid without being used.
    let lifetime: Duration

    /// Opens a session for a user whose password has been verified.
    ///
    /// - Throws: `credentials_changed` (409) if the password has changed since; `second_factor_invalid` (401) if the code has been used.
    func open(for user: User, spending use: SecondFactorUse?, from origin: RequestOrigin) async throws -> IssuedToken {
        let membership = try await currentMembership(of: user, preferring: nil)
        let session = Session(
            id: SessionID(UUIDv7.make(at: origin.at)), user: user.id, organisation: membership.organisation.id, createdAt: origin.at,
            expiresAt: origin.at + lifetime, device: origin.device, address: origin.address)
        let audit = origin.audit(
            .signedIn, in: session.organisation, by: AuditActor(user), target: session.id.rawValue, detail: origin.device)
        try await store.open(session, for: user, spending: use, audit: audit)
        return try await token(for: user, membership, session, withRefresh: true)
    }

    /// Exchanges a refresh token.
    ///
    /// - Parameter organisation: the organisation to switch to; by default that of the session.
    /// - Throws: `refresh_token_invalid` (401); `not_found` (404) if the user is not a member of the organisation.
    func refresh(_ text: String, organisation: TenantID?, from origin: RequestOrigin) async throws -> IssuedToken {
        let issuer = try await issuer.value
        guard let (id, generation) = issuer.refreshTokens.read(text), let present = try await store.session(id),
            let user = try await store.user(present.user), user.disabledAt == nil
        else { throw Self.refreshTokenInvalid }
        // Checked first, so that a refused switch does not spend the token.
        if let organisation { _ = try await requireMembership(of: user, in: organisation) }
        let use = SessionUse(device: origin.device, address: origin.address, at: origin.at, lifetime: lifetime)
        let audit = origin.audit(.tokenReused, in: present.organisation, by: AuditActor(user), target: id.rawValue, detail: origin.device)
        guard case .rotated(var session) = try await store.rotate(id, generation: generation, use: use, audit: audit) else {
            throw Self.refreshTokenInvalid
        }
        let membership = try await currentMembership(of: user, preferring: organisation ?? session.organisation)
        if membership.organisation.id != session.organisation {
            session.organisation = membership.organisation.id
            try await store.setOrganisation(session.organisation, of: id, user: user.id)
        }
        return try await token(for: user, membership, session, withRefresh: true)
    }

    /// A token of the same session for another organisation. It ends when the present one does: only the refresh token prolongs a session,
    /// so that a stolen token ends by itself.
    ///
    /// - Throws: `session_required` (409) for a token without a session, or whose session has ended; `not_found` (404).
    func change(_ present: VerifiedToken, to organisation: TenantID, at now: Timestamp) async throws -> IssuedToken {
        let principal = present.principal
        guard let id = principal.session, let session = try await store.session(id), session.user == principal.user,
            session.expiresAt > now, let user = try await store.user(principal.user)
        else { throw PixelFlowError(.conflict, code: "session_required", "This token belongs to no session; sign in again.") }
        let membership = try await requireMembership(of: user, in: organisation)
        try await store.setOrganisation(organisation, of: id, user: user.id)
        return try await token(for: user, membership, session, until: min(present.expiresAt, session.expiresAt), withRefresh: false)
    }

    private func requireMembership(of user: User, in organisation: TenantID) async throws -> Membership {
        guard let membership = try await store.membership(of: user.id, in: organisation), membership.organisation.deletedAt == nil else {
            throw PixelFlowError.notFound("organisation")
        }
        return membership
    }

    /// The membership in the preferred organisation, else in the personal one, else in any: a user who was removed from an organisation
    /// continues in another one.
    private func currentMembership(of user: User, preferring organisation: TenantID?) async throws -> Membership {
        let memberships = try await store.memberships(of: user.id).filter { $0.organisation.deletedAt == nil }
        let wanted = [organisation, user.tenant].compactMap { $0 }
        guard
            let membership = wanted.lazy.compactMap({ id in memberships.first { $0.organisation.id == id } }).first ?? memberships.first
        else {
            throw PixelFlowError(.forbidden, code: "no_organisation", "This account belongs to no organisation; ask for an invitation.")
        }
        return membership
    }

    private func token(
        for user: User, _ membership: Membership, _ session: Session, until end: Timestamp = .distantFuture, withRefresh: Bool
    ) async throws -> IssuedToken {
        let issuer = try await issuer.value
        let principal = Principal(
            user: user.id, email: user.email, tenant: membership.organisation.id, role: membership.role,
            credential: .token(session: session.id), membershipVersion: membership.version)
        let (token, lifetime) = try await issuer.issue(for: principal, until: end)
        return IssuedToken(
            // At least a second: a token counts a little longer than it says.
            token: token, expiresIn: max(1, Int(lifetime.components.seconds)),
            refreshToken: withRefresh ? issuer.refreshTokens.token(of: session.id, generation: session.generation) : nil)
    }

    private static let refreshTokenInvalid = PixelFlowError(
        .unauthenticated, code: "refresh_token_invalid", "The refresh token is not valid, or its session has ended; sign in again.")
}
