package import PixelFlowCore

extension IdentityStore {
    private static let statements = [
        SQLStatement("clean_sessions", "DELETE FROM sessions WHERE expires_at < $1"),
        SQLStatement("clean_invitations", "DELETE FROM invitations WHERE expires_at < $1"),
        SQLStatement("clean_password_resets", "DELETE FROM password_resets WHERE expires_at < $1"),
        SQLStatement("clean_email_verifications", "DELETE FROM email_verifications WHERE expires_at < $1"),
        SQLStatement("clean_task_digests", "DELETE FROM task_digests WHERE expires_at < $1"),
        SQLStatement("clean_mail", "DELETE FROM mail_outbox WHERE expires_at < $1 AND lease_until < $1"),
    ]
    /// What is left of an organisation that is over: its id and the time, by which services that were away find out.
    private static let overStatements = [
        SQLStatement(
            "clean_keys_of_over",
            """
            DELETE FROM api_keys WHERE organisation IN (SELECT id FROM organisations WHERE deleted_at > 0 AND deleted_at <= $1)
            """),
        SQLStatement(
            "clean_members_of_over",
            """
            DELETE FROM memberships WHERE organisation IN (SELECT id FROM organisations WHERE deleted_at > 0 AND deleted_at <= $1)
            """),
        SQLStatement(
            "clean_invitations_of_over",
            """
            DELETE FROM invitations WHERE organisation IN (SELECT id FROM organisations WHERE deleted_at > 0 AND deleted_at <= $1)
            """),
        SQLStatement(
            "clean_muted_of_over",
            """
            DELETE FROM muted_notices WHERE organisation IN (SELECT id FROM organisations WHERE deleted_at > 0 AND deleted_at <= $1)
            """),
        SQLStatement(
            "clean_task_mail_of_over",
            """
            DELETE FROM task_mail WHERE organisation IN (SELECT id FROM organisations WHERE deleted_at > 0 AND deleted_at <= $1)
            """),
        SQLStatement(
            "clean_names_of_over", "UPDATE organisations SET name = '' WHERE deleted_at > 0 AND deleted_at <= $1 AND name <> ''"),
    ]
    private static let oldAudit = SQLStatement("clean_audit", "DELETE FROM audit_log WHERE at < $1")
    private static let oldRevocations = SQLStatement(
        "clean_revocations",
        """
        DELETE FROM revocations WHERE at < $1 AND kind <> 'organisation' AND kind <> 'organisation_restored'
        """)

    /// Deletes what no one can use or may see any more. Runs any number of times.
    ///
    /// - Parameters:
    ///   - auditAge: how long entries of the audit log are kept.
    ///   - tokenLifetime: after it no token is left that a revocation could concern.
    package func cleanUp(at now: Timestamp, auditAge: Duration, tokenLifetime: Duration) async throws {
        try await database.write(.cleanUp) { connection in
            for statement in Self.statements { try connection.execute(statement, .time(now)) }
            for statement in Self.overStatements { try connection.execute(statement, .time(now - Self.restorePeriod)) }
            try connection.execute(Self.oldAudit, .time(now - auditAge))
            try connection.execute(Self.oldRevocations, .time(now - tokenLifetime))
        }
    }
}
