/// The authenticated caller: a person with a token, or a program with an API key.
package struct Principal: Sendable, Hashable {
    /// The kind of credential.
    package enum Credential: Sendable, Hashable {
        /// A token of a session. Tokens from releases without sessions have none.
        case token(session: SessionID?)
        case key(APIKeyID)
    }

    /// The id of the person, or of the key, which counts as a user of its own.
    package let user: UserID
    /// The address of the person, or the name of the key.
    package let email: String
    /// The organisation for which the credential is valid.
    package let tenant: TenantID
    /// Nil for a key.
    package let role: Role?
    package let scopes: Set<Scope>
    package let credential: Credential
    /// The version of the membership when the token was issued: a role change or a removal invalidates older tokens.
    package let membershipVersion: Int64
    /// The lane of tasks if neither the upload nor its preset sets one; nil for the normal one.
    package let lane: Lane?
    /// Whether the credential is a key that is limited to networks or expires.
    package let isBounded: Bool

    package init(
        user: UserID, email: String, tenant: TenantID, role: Role? = .owner, scopes: Set<Scope>? = nil,
        credential: Credential = .token(session: nil), membershipVersion: Int64 = 0, lane: Lane? = nil, isBounded: Bool = false
    ) {
        self.user = user
        self.email = email
        self.tenant = tenant
        self.role = role
        self.scopes = scopes ?? role?.scopes ?? []
        self.credential = credential
        self.membershipVersion = membershipVersion
        self.lane = lane
        self.isBounded = isBounded
    }

    package var session: SessionID? {
        guard case .token(let session) = credential else { return nil }
        return session
    }

    /// - Throws: `insufficient_scope` (403).
    package func require(_ scope: Scope) throws(PixelFlowError) {
        guard scopes.contains(scope) else {
            throw PixelFlowError(
                .forbidden, code: "insufficient_scope", "This needs the scope \(scope.rawValue), which \(lack) does not have.")
        }
    }

    private var lack: String {
        switch credential {
        case .key: "this API key"
        case .token: role.map { "the role \($0.rawValue)" } ?? "this token"
        }
    }
}
