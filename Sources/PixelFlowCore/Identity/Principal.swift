/// Who is asking, as a verified credential says it: a person with a token, or a program with an API key.
package struct Principal: Sendable, Hashable {
    /// What the credential is.
    package enum Credential: Sendable, Hashable {
        /// A token of a session. Tokens of releases before sessions have none.
        case token(session: SessionID?)
        case key(APIKeyID)
    }

    /// The person; for a key its id, which counts as a user of its own.
    package let user: UserID
    /// The address of the person; for a key its name.
    package let email: String
    /// The organisation that the credential is good for.
    package let tenant: TenantID
    /// Nil for a key.
    package let role: Role?
    package let scopes: Set<Scope>
    package let credential: Credential
    /// Of the membership when the token was issued: a change of the role, or a removal, makes older tokens invalid.
    package let membershipVersion: Int64
    /// The lane of tasks for which neither the upload nor its preset names one; nil for the normal one.
    package let lane: Lane?

    package init(
        user: UserID, email: String, tenant: TenantID, role: Role? = .owner, scopes: Set<Scope>? = nil,
        credential: Credential = .token(session: nil), membershipVersion: Int64 = 0, lane: Lane? = nil
    ) {
        self.user = user
        self.email = email
        self.tenant = tenant
        self.role = role
        self.scopes = scopes ?? role?.scopes ?? []
        self.credential = credential
        self.membershipVersion = membershipVersion
        self.lane = lane
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
