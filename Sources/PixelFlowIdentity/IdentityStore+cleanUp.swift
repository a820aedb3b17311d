package import PixelFlowCore

/// Deletes data that is no longer needed or no longer allowed to be kept, in batches of one transaction each: no statement runs for long,
/// and the completed batches persist if a later one fails.
extension IdentityStore {
    /// Maximum number of rows per transaction.
    package static let cleanUpBatch = 1_000
    /// Maximum number of transactions per statement in one run. The next run deletes the rest.
    private static let cleanUpBatches = 1_000

    /// `$1` is a time, `$2` the maximum number of rows to delete.
    private static let expired = [
        SQLStatement(
            "clean_sessions",
            "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)"),
        SQLStatement(
            "clean_invitations", "DELETE FROM invitations WHERE id IN (SELECT id FROM invitations WHERE expires_at < $1 LIMIT $2)"),
        SQLStatement(
            "clean_password_resets",
            "DELETE FROM password_resets WHERE hash IN (SELECT hash FROM password_resets WHERE expires_at < $1 LIMIT $2)"),
        SQLStatement(
            "clean_email_verifications",
            "DELETE FROM email_verifications WHERE hash IN (SELECT hash FROM email_verifications WHERE expires_at < $1 LIMIT $2)"),
        SQLStatement(
            "clean_task_digests",
            "DELETE FROM task_digests WHERE id IN (SELECT id FROM task_digests WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)"),
        SQLStatement(
            "clean_mail",
            "DELETE FROM mail_outbox WHERE id IN (SELECT id FROM mail_outbox WHERE expires_at < $1 AND lease_until < $1 LIMIT $2)"),
    ]
    /// Data of organisations that can no longer be restored. The id and the time of deletion are kept, so that services that were down
    /// learn of the deletion later.
    private static let over = [
        SQLStatement(
            "clean_keys_of_over",
            """
            DELETE FROM api_keys WHERE id IN (
                SELECT x.id FROM organisations o JOIN api_keys x ON x.organisation = o.id
                WHERE o.deleted_at > 0 AND o.deleted_at <= $1 LIMIT $2)
            """),
        SQLStatement(
            "clean_members_of_over",
            """
            DELETE FROM memberships WHERE (organisation, user_id) IN (
                SELECT x.organisation, x.user_id FROM organisations o JOIN memberships x ON x.organisation = o.id
                WHERE o.deleted_at > 0 AND o.deleted_at <= $1 LIMIT $2)
            """),
        SQLStatement(
            "clean_invitations_of_over",
            """
            DELETE FROM invitations WHERE id IN (
                SELECT x.id FROM organisations o JOIN invitations x ON x.organisation = o.id
                WHERE o.deleted_at > 0 AND o.deleted_at <= $1 LIMIT $2)
            """),
        SQLStatement(
            "clean_muted_of_over",
            """
            DELETE FROM muted_notices WHERE (organisation, user_id, kind) IN (
                SELECT x.organisation, x.user_id, x.kind FROM organisations o JOIN muted_notices x ON x.organisation = o.id
                WHERE o.deleted_at > 0 AND o.deleted_at <= $1 LIMIT $2)
            """),
        SQLStatement(
            "clean_task_mail_of_over",
            """
            DELETE FROM task_mail WHERE (organisation, user_id) IN (
                SELECT x.organisation, x.user_id FROM organisations o JOIN task_mail x ON x.organisation = o.id
                WHERE o.deleted_at > 0 AND o.deleted_at <= $1 LIMIT $2)
            """),
        SQLStatement(
            "clean_names_of_over",
            """
            UPDATE organisations SET name = '' WHERE id IN (
                SELECT id FROM organisations WHERE deleted_at > 0 AND deleted_at <= $1 AND name <> '' LIMIT $2)
            """),
    ]
    private static let oldAudit = SQLStatement(
        "clean_audit", "DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log WHERE at < $1 ORDER BY at LIMIT $2)")
    private static let oldRevocations = SQLStatement(
        "clean_revocations",
        """
        DELETE FROM revocations WHERE sequence IN (
            SELECT sequence FROM revocations WHERE at < $1 AND kind <> 'organisation' AND kind <> 'organisation_restored'
            ORDER BY sequence LIMIT $2)
        """)

    /// Safe to run repeatedly and by several replicas at the same time.
    ///
    /// - Parameters:
    ///   - auditAge: how long audit entries are kept.
    ///   - tokenLifetime: how long a revocation must be kept: after it, every token that it affects has expired.
    /// - Throws: the first error, after all statements have been tried.
    package func cleanUp(at now: Timestamp, auditAge: Duration, tokenLifetime: Duration) async throws {
        let end = now - Self.restorePeriod
        let work =
            Self.expired.map { ($0, now) } + Self.over.map { ($0, end) }
            + [(Self.oldAudit, now - auditAge), (Self.oldRevocations, now - tokenLifetime)]
        var failure: (any Error)?
        for (statement, time) in work {
            do {
                try await cleanUp(by: statement, before: time)
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                if failure == nil { failure = error }
            }
        }
        if let failure { throw failure }
    }

    private func cleanUp(by statement: SQLStatement, before time: Timestamp) async throws {
        for _ in 0..<Self.cleanUpBatches {
            try Task.checkCancellation()
            let count = try await database.write(.cleanUp) { try $0.execute(statement, .time(time), .number(Self.cleanUpBatch)) }
            if count < Self.cleanUpBatch { return }
        }
    }
}
