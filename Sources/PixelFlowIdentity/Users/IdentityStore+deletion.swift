package import PixelFlowCore

extension IdentityStore {
    private static let countOwners = SQLStatement(
        "count_other_owners",
        "SELECT count(*) FROM memberships WHERE organisation = $1 AND role = 'owner' AND user_id <> $2")
    private static let countOthers = SQLStatement(
        "count_other_members", "SELECT count(*) FROM memberships WHERE organisation = $1 AND user_id <> $2")
    private static let leave = SQLStatement("leave_all", "DELETE FROM memberships WHERE user_id = $1")
    private static let close = SQLStatement("close_organisation", "UPDATE organisations SET deleted_at = $2 WHERE id = $1")
    private static let delete = SQLStatement("delete_user", "DELETE FROM users WHERE id = $1")

    /// Deletes an account, its personal organisation, and every organisation without other members.
    ///
    /// A deleted organisation can no longer be restored once its last owner is deleted.
    ///
    /// - Throws: `last_owner` (409) if an organisation with other members would have no owner.
    package func delete(_ user: User, audit: AuditEntry, at now: Timestamp) async throws {
        try await database.write(.users) { connection in
            // Locked in the order of their ids, to avoid deadlocks. Includes deleted organisations, which others may be restoring.
            for id in try Self.memberships(of: user.id, connection).map(\.organisation.id).sorted() { try Self.lock(id, connection) }
            let memberships = try Self.memberships(of: user.id, connection).filter { $0.organisation.deletedAt == nil }
            var revocations: [Revocation] = []
            for membership in memberships {
                let organisation = membership.organisation
                let isAlone = try connection.count(Self.countOthers, .id(organisation.id), .id(user.id)) == 0
                if isAlone || organisation.id == user.tenant {
                    try connection.execute(Self.close, .id(organisation.id), .time(now))
                    revocations.append(.organisation(organisation.id))
                } else if try connection.count(Self.countOwners, .id(organisation.id), .id(user.id)) == 0 {
                    throw PixelFlowError(
                        .conflict, code: "last_owner", "\(organisation.name) would be without an owner; make someone else owner first.")
                } else {
                    revocations.append(.member(user.id, organisation.id, before: membership.version + 1))
                }
            }
            // Before the sessions end, so that none is opened concurrently.
            try connection.execute(Self.delete, .id(user.id))
            try connection.execute(Self.leave, .id(user.id))
            try Self.forgetResets(of: user.id, connection)
            try Self.forgetVerifications(of: user.id, connection)
            try Self.forgetMuted(of: user.id, connection)
            try Self.forgetTaskMail(of: user.id, connection)
            try Self.removeSecondFactor(of: user.id, connection)
            try Self.endSessions(of: user.id, keeping: nil, at: now, connection)
            for revocation in revocations { try Self.revoke(revocation, at: now, connection) }
            try Self.append(audit, connection)
        }
    }
}
