package import PixelFlowCore

extension IdentityStore {
    private static let forget = SQLStatement("drop_password_resets", "DELETE FROM password_resets WHERE user_id = $1")
    private static let insert = SQLStatement(
        "add_password_reset", "INSERT INTO password_resets (hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)")
    private static let find = SQLStatement(
        "password_reset", "SELECT user_id FROM password_resets WHERE hash = $1 AND expires_at > $2")
    private static let spend = SQLStatement("spend_password_reset", "DELETE FROM password_resets WHERE hash = $1")

    /// Stores a reset token, which can be used once. It replaces an earlier one.
    package func addPasswordReset(hash: String, for user: UserID, at now: Timestamp, until expiry: Timestamp) async throws {
        try await database.write(.users) { connection in
            try Self.replaceReset(hash: hash, for: user, at: now, until: expiry, connection)
        }
    }

    static func replaceReset(
        hash: String, for user: UserID, at now: Timestamp, until expiry: Timestamp, _ connection: any SQLConnection
    ) throws {
        try forgetResets(of: user, connection)
        try connection.execute(insert, .text(hash), .id(user), .time(now), .time(expiry))
    }

    /// The user whose password the token with this hash can set; nil if it has been used or has expired.
    package func passwordReset(hash: String, at now: Timestamp) async throws -> User? {
        try await database.read(.users) { connection in
            try Self.owner(of: hash, Self.find, at: now, connection).flatMap { try Self.user($0, connection) }
        }
    }

    /// Uses a token, sets the password, ends all sessions of the user and revokes the keys of their personal organisation: whoever had the
    /// account until now may have made one.
    ///
    /// - Returns: false if the token has been used or has expired.
    package func resetPassword(
        hash: String, passwordHash: String, audit: AuditEntry, user: User, at now: Timestamp
    ) async throws -> Bool {
        try await database.write(.users) { connection in
            if try Self.isDone(audit, connection) { return true }
            // Before the row of the user, like a deletion of the account.
            try Self.lock(user.tenant, connection)
            guard try Self.owner(of: hash, Self.find, at: now, connection) == user.id,
                try connection.execute(Self.spend, .text(hash)) == 1
            else { return false }
            let keys = try Self.deleteKeys(of: user, connection)
            try Self.replacePassword(of: user.id, hash: passwordHash, keeping: nil, at: now, connection)
            try Self.revoke(keys, audit: audit, at: now, connection)
            try Self.append(audit, connection)
            return true
        }
    }

    /// Deletes all reset tokens of a user.
    static func forgetResets(of user: UserID, _ connection: any SQLConnection) throws { try connection.execute(forget, .id(user)) }
}
