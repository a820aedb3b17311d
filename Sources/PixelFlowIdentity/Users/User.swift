package import PixelFlowCore

/// A person with an account.
package struct User: Sendable, Hashable {
    package var id: UserID
    /// Normalised: trimmed and lower-case.
    package var email: String
    /// The whole crypt string, with algorithm, cost and salt. Never logged, never sent.
    package var passwordHash: String
    /// The personal organisation, in which a sign-in begins unless another was used last.
    package var tenant: TenantID
    package var createdAt: Timestamp
    /// Set if an operator has disabled the account.
    package var disabledAt: Timestamp?
    /// When the person has shown that they read the mail of the address.
    package var emailVerifiedAt: Timestamp?

    package init(
        id: UserID, email: String, passwordHash: String, tenant: TenantID, createdAt: Timestamp, disabledAt: Timestamp? = nil,
        emailVerifiedAt: Timestamp? = nil
    ) {
        self.id = id
        self.email = email
        self.passwordHash = passwordHash
        self.tenant = tenant
        self.createdAt = createdAt
        self.disabledAt = disabledAt
        self.emailVerifiedAt = emailVerifiedAt
    }
}

/// A private key that signs tokens.
package struct SigningKeyRecord: Sendable, Hashable {
    /// The `kid` of the tokens.
    package var id: String
    /// PEM (PKCS 8) of a P-256 key. Never logged, never sent.
    package var privateKey: String
    package var createdAt: Timestamp

    package init(id: String, privateKey: String, createdAt: Timestamp) {
        self.id = id
        self.privateKey = privateKey
        self.createdAt = createdAt
    }
}
