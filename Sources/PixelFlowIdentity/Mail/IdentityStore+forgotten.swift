package import PixelFlowCore

extension IdentityStore {
    /// Minimum time between two reset tokens by mail. Otherwise anyone who knows an address could fill its mailbox, and invalidate the link
    /// that has just arrived there.
    package static let resetPause = Duration.seconds(300)

    private static let become = SQLStatement(
        "mail_becomes_reset", "UPDATE mail_outbox SET kind = 'password_reset', expires_at = $3 WHERE id = $1 AND epoch = $2")
    private static let isMade = SQLStatement("password_reset_is_made", "SELECT count(*) FROM password_resets WHERE hash = $1")
    private static let recent = SQLStatement(
        "recent_password_resets", "SELECT count(*) FROM password_resets WHERE user_id = $1 AND created_at > $2")

    /// Creates the reset token that was requested for an address, in the transaction that turns the request into the message with the link.
    /// The request is dropped if no account with that address can sign in, or if the previous token is too recent.
    ///
    /// - Parameter hash: the hash of the token.
    /// - Returns: the message with the link; nil if none is to be sent.
    package func makeReset(for mail: QueuedMail, hash: String, at now: Timestamp, until expiry: Timestamp) async throws -> QueuedMail? {
        var reset = mail
        (reset.kind, reset.expiresAt) = (.passwordReset, expiry)
        let made = reset
        return try await database.write(.mail) { connection in
            // Already committed; the response was lost.
            if try connection.count(Self.isMade, .text(hash)) == 1 { return made }
            guard let user = try Self.user(email: mail.recipient, connection), user.disabledAt == nil,
                try connection.count(Self.recent, .id(user.id), .time(now - Self.resetPause)) == 0
            else {
                try Self.remove(mail, connection)
                return nil
            }
            guard try connection.execute(Self.become, .text(mail.id), .integer(mail.epoch), .time(expiry)) == 1 else { return nil }
            try Self.replaceReset(hash: hash, for: user.id, at: now, until: expiry, connection)
            return made
        }
    }
}
