package import PixelFlowCore

/// Verification that a user receives mail at their address.
extension IdentityStore {
    private static let forget = SQLStatement("drop_email_verifications", "DELETE FROM email_verifications WHERE user_id = $1")
    private static let insert = SQLStatement(
        "add_email_verification", "INSERT INTO email_verifications (hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)")
    private static let find = SQLStatement(
        "email_verification", "SELECT user_id FROM email_verifications WHERE hash = $1 AND expires_at > $2")
    private static let recent = SQLStatement(
        "recent_email_verifications", "SELECT count(*) FROM email_verifications WHERE user_id = $1 AND created_at > $2")
    private static let mark = SQLStatement(
        "verify_email", "UPDATE users SET email_verified_at = $2 WHERE id = $1 AND email_verified_at = 0")

    /// The hash of the token that is mailed to an address, and the message that contains it.
    package struct Verification: Sendable {
        package var hash: String
        package var mail: QueuedMail

        package init(hash: String, mail: QueuedMail) {
            self.hash = hash
            self.mail = mail
        }
    }

    /// Queues a message with a confirmation link. It replaces an earlier one.
    ///
    /// - Parameter pause: the minimum time between two messages.
    package func add(_ verification: Verification, for user: UserID, pause: Duration) async throws {
        try await database.write(.mail) { connection in
            let since = verification.mail.createdAt - pause
            guard try connection.count(Self.recent, .id(user), .time(since)) == 0 else { return }
            try Self.add(verification, for: user, connection)
        }
    }

    static func add(_ verification: Verification, for user: UserID, _ connection: any SQLConnection) throws {
        let mail = verification.mail
        try forgetVerifications(of: user, connection)
        try connection.execute(insert, .text(verification.hash), .id(user), .time(mail.createdAt), .time(mail.expiresAt))
        try queue(mail, connection)
    }

    /// The user whose address the token with this hash confirms; nil if it has been used or has expired.
    package func verification(hash: String, at now: Timestamp) async throws -> User? {
        try await database.read(.users) { connection in
            try Self.owner(of: hash, Self.find, at: now, connection).flatMap { try Self.user($0, connection) }
        }
    }

    /// Uses a token and marks the address as verified.
    ///
    /// - Returns: false if the token has been used or has expired.
    package func verifyEmail(hash: String, audit: AuditEntry, user: UserID, at now: Timestamp) async throws -> Bool {
        try await database.write(.users) { connection in
            if try Self.isDone(audit, connection) { return true }
            guard try Self.owner(of: hash, Self.find, at: now, connection) == user else { return false }
            try Self.forgetVerifications(of: user, connection)
            try connection.execute(Self.mark, .id(user), .time(now))
            try Self.append(audit, connection)
            return true
        }
    }

    /// The owner of a token; nil if it has been used or has expired.
    ///
    /// - Parameter find: selects the id of the user by the hash of the token, `$1`, before the end of the token, `$2` being the time.
    static func owner(
        of hash: String, _ find: SQLStatement, at now: Timestamp, _ connection: any SQLConnection
    ) throws -> UserID? {
        try connection.rows(find, .text(hash), .time(now)) { UserID($0.text(0)) }.first
    }

    static func forgetVerifications(of user: UserID, _ connection: any SQLConnection) throws { try connection.execute(forget, .id(user)) }
}
