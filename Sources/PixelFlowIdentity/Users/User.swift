package import PixelFlowCore

/// A person with an account.
package struct User: Sendable, Hashable {
    package var id: UserID
    /// Normalised: trimmed and lower-case.
    package var email: String
    /// The complete crypt string, with algorithm, cost and salt. Must not be logged or sent.
    package var passwordHash: String
    /// The personal organisation, in which sessions start unless another one was used last.
    package var tenant: TenantID
    package var createdAt: Timestamp
    /// Set if an operator has disabled the account.
    package var disabledAt: Timestamp?
    /// When the user confirmed the address by mail.
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
    /// The `kid` of its tokens.
    package var id: String
    /// A P-256 key in PEM (PKCS 8). Must not be logged or sent.
    package var privateKey: String
    package var createdAt: Timestamp

    package init(id: String, privateKey: String, createdAt: Timestamp) {
        self.id = id
        self.privateKey = privateKey
        self.createdAt = createdAt
    }
}
