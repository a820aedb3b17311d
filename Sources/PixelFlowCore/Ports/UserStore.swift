/// Stores user accounts.
package protocol UserStore: Sendable {
    /// Adds a user, durably, unless the address is taken. Exactly one of two racing calls wins.
    ///
    /// - Returns: false if the email address is already taken.
    func add(_ user: User) async throws -> Bool
    /// Finds by normalised e-mail address.
    func find(email: String) async throws -> User?
    func find(id: UserID) async throws -> User?
    /// Returns if the backend is healthy, throws if not.
    func check() async throws
}

/// Keeps the keys that sign tokens, so that every replica and every restart uses the same ones.
package protocol SigningKeyStore: Sendable {
    /// All keys, the newest first.
    func signingKeys() async throws -> [SigningKeyRecord]
    /// Adds `key` if there is none yet. Of two racing calls exactly one wins.
    ///
    /// - Returns: all keys, the newest first.
    func addFirst(_ key: SigningKeyRecord) async throws -> [SigningKeyRecord]
}

package struct User: Sendable, Hashable, Codable {
    package var id: UserID
    /// Normalised: trimmed and lower-case.
    package var email: String
    /// The whole crypt string, with algorithm, cost and salt. Never logged, never sent.
    package var passwordHash: String
    package var tenant: TenantID
    package var createdAt: Timestamp

    package init(id: UserID, email: String, passwordHash: String, tenant: TenantID, createdAt: Timestamp) {
        self.id = id
        self.email = email
        self.passwordHash = passwordHash
        self.tenant = tenant
        self.createdAt = createdAt
    }
}

/// A private key that signs tokens.
package struct SigningKeyRecord: Sendable, Hashable, Codable {
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
