package import PixelFlowCore

/// Deletes data that is no longer needed or no longer allowed to be kept, in batches of one transaction each: no statement runs for long,
/// and the completed batches persist if a later one fails.
extension IdentityStore {
    /// Maximum number of rows per transaction.
    package static let cleanUpBatch = 1_000
    /// Maximum number of transactions per statement in one run. The next run deletes the rest.
    private static let cleanUpBatches = 1_000

    /// Deletes rows of a table: `$1` is a time, `$2` the maximum number of rows.
    ///
    /// - Parameters:
    ///   - key: the columns that identify a row.
    ///   - condition: on the rows, by `$1`.
    ///   - order: the columns of an index that finds the rows.
    private static func delete(
        _ name: StaticString, from table: StaticString, by key: StaticString = "id", where condition: StaticString,
        order: StaticString? = nil
    ) -> SQLStatement {
        SQLStatement(
            ["clean_", name],
            ["DELETE FROM ", table, " WHERE ", key, " IN (SELECT ", key, " FROM ", table, " WHERE ", condition]
                + (order.map { [" ORDER BY ", $0] } ?? []) + [" LIMIT $2)"])
    }

    /// Deletes rows of organisations that can no longer be restored.
    ///
    /// - Parameters:
    ///   - key: the columns that identify a row, in parentheses if there are several.
    ///   - found: the same of the table `x`.
    private static func deleteOver(
        _ name: StaticString, from table: StaticString, by key: StaticString, found: StaticString
    ) -> SQLStatement {
        SQLStatement(
            ["clean_", name, "_of_over"],
            [
                "DELETE FROM ", table, " WHERE ", key, " IN (SELECT ", found, " FROM organisations o JOIN ", table,
                " x ON x.organisation = o.id WHERE o.deleted_at > 0 AND o.deleted_at <= $1 LIMIT $2)",
            ])
    }

    private static let expired = [
        delete("sessions", from: "sessions", where: "expires_at < $1", order: "expires_at"),
        delete("invitations", from: "invitations", where: "expires_at < $1"),
        delete("password_resets", from: "password_resets", by: "hash", where: "expires_at < $1"),
        delete("email_verifications", from: "email_verifications", by: "hash", where: "expires_at < $1"),
        delete("task_digests", from: "task_digests", where: "expires_at < $1", order: "expires_at"),
        delete("mail", from: "mail_outbox", where: "expires_at < $1 AND lease_until < $1"),
    ]
    /// Data of organisations that can no longer be restored. The id and the time of deletion are kept, so that services that were down
    /// learn of the deletion later.
    private static let over = [
        deleteOver("keys", from: "api_keys", by: "id", found: "x.id"),
        deleteOver("members", from: "memberships", by: "(organisation, user_id)", found: "x.organisation, x.user_id"),
        deleteOver("invitations", from: "invitations", by: "id", found: "x.id"),
        deleteOver(
            "muted", from: "muted_notices", by: "(organisation, user_id, kind)", found: "x.organisation, x.user_id, x.kind"),
        deleteOver("task_mail", from: "task_mail", by: "(organisation, user_id)", found: "x.organisation, x.user_id"),
        SQLStatement(
            "clean_names_of_over",
            """
            UPDATE organisations SET name = '' WHERE id IN (
                SELECT id FROM organisations WHERE deleted_at > 0 AND deleted_at <= $1 AND name <> '' LIMIT $2)
            """),
    ]
    private static let oldAudit = delete("audit", from: "audit_log", where: "at < $1", order: "at")
    private static let oldRevocations = delete(
        "revocations", from: "revocations", by: "sequence",
        where: "at < $1 AND kind <> 'organisation' AND kind <> 'organisation_restored'", order: "sequence")

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
