package import PixelFlowCore

extension IdentityStore {
    /// Maximum number of members per organisation.
    package static let memberLimit = 1_000

    private static let list = SQLStatement(
        "members",
        """
        SELECT m.user_id, u.email, m.role, m.created_at FROM memberships m JOIN users u ON u.id = m.user_id
        WHERE m.organisation = $1 ORDER BY m.created_at, m.user_id
        """)
    private static let setRole = SQLStatement(
        "set_role", "UPDATE memberships SET role = $3, version = version + 1 WHERE organisation = $1 AND user_id = $2")
    private static let delete = SQLStatement("remove_member", "DELETE FROM memberships WHERE organisation = $1 AND user_id = $2")
    private static let countOwners = SQLStatement(
        "count_owners", "SELECT count(*) FROM memberships WHERE organisation = $1 AND role = 'owner'")
    private static let countMembers = SQLStatement("count_members", "SELECT count(*) FROM memberships WHERE organisation = $1")
    private static let newest = SQLStatement("newest_revocation", "SELECT value FROM counters WHERE name = 'revocations'")

    /// All members, in the order in which they joined.
    package func members(of organisation: TenantID) async throws -> [Member] {
        try await database.read(.members) { connection in
            try connection.rows(Self.list, .id(organisation)) { row in
                Member(
                    user: UserID(row.text(0)), email: row.text(1), role: Role(rawValue: row.text(2)) ?? .viewer, since: row.time(3))
            }
        }
    }

    /// Changes the role of a member and revokes their tokens with the old one.
    ///
    /// - Parameters:
    ///   - actor: the role of whoever asks; decides what they may do to whom.
    ///   - mayRaise: whether the member may get a higher role, which a key that is limited cannot give.
    /// - Returns: the member's role before; nil for no member.
    /// - Throws: `role_too_high` (403), `personal_organisation` or `last_owner` (409).
    package func changeRole(
        of user: UserID, in organisation: TenantID, to role: Role, by actor: Role, mayRaise: Bool = true, audit: AuditEntry,
        at now: Timestamp
    ) async throws -> Role? {
        try await database.write(.members) { connection in
            try Self.lock(organisation, connection)
            guard let present = try Self.membership(of: user, in: organisation, connection) else { return nil }
            guard present.organisation.personalOf != user else { throw PixelFlowError.personalOrganisation }
            guard present.role != role else { return role }
            guard actor.mayAssign(role), actor.mayAssign(present.role) else { throw PixelFlowError.roleTooHigh }
            guard mayRaise || role < present.role else { throw PixelFlowError.keyIsBounded }
            if present.role == .owner { try Self.requireAnotherOwner(of: organisation, connection) }
            try connection.execute(Self.setRole, .id(organisation), .id(user), .text(role.rawValue))
            try Self.revoke(.member(user, organisation, before: present.version + 1), at: now, connection)
            try Self.append(audit, connection)
            return present.role
        }
    }

    /// Removes a member.
    ///
    /// - Parameter actor: the role of the caller; nil for a member who leaves.
    /// - Returns: false if the user is not a member.
    /// - Throws: `role_too_high` (403), `personal_organisation` or `last_owner` (409).
    package func removeMember(
        _ user: UserID, from organisation: TenantID, by actor: Role?, audit: AuditEntry, at now: Timestamp
    ) async throws -> Bool {
        try await database.write(.members) { connection in
            if try Self.isDone(audit, connection) { return true }
            try Self.lock(organisation, connection)
            guard let present = try Self.membership(of: user, in: organisation, connection) else { return false }
            guard present.organisation.personalOf != user else { throw PixelFlowError.personalOrganisation }
            if let actor { guard actor.mayAssign(present.role) else { throw PixelFlowError.roleTooHigh } }
            if present.role == .owner { try Self.requireAnotherOwner(of: organisation, connection) }
            try connection.execute(Self.delete, .id(organisation), .id(user))
            try Self.forgetMuted(of: user, in: organisation, connection)
            try Self.forgetTaskMail(of: user, in: organisation, connection)
            // A member who joins again starts with a version above all revoked ones.
            try Self.revoke(.member(user, organisation, before: present.version + 1), at: now, connection)
            try Self.append(audit, connection)
            return true
        }
    }

    /// - Parameter user: nil for a program or an operator, who are not members.
    /// - Throws: `insufficient_role` (403) if the user has lost the role since the request was checked.
    static func require(
        _ needed: Role, of user: UserID?, in organisation: TenantID, _ connection: any SQLConnection
    ) throws {
        guard let user else { return }
        guard let role = try membership(of: user, in: organisation, connection)?.role, role >= needed else {
            throw PixelFlowError(.forbidden, code: "insufficient_role", "This needs the role \(needed.rawValue).")
        }
    }

    /// Adds a member. The caller must hold the lock of `organisation`.
    ///
    /// - Returns: false if the user is already a member.
    /// - Throws: `too_many_members` (409).
    static func join(
        _ user: UserID, _ organisation: TenantID, as role: Role, at now: Timestamp, _ connection: any SQLConnection
    ) throws -> Bool {
        guard try connection.count(countMembers, .id(organisation)) < memberLimit else {
            throw PixelFlowError(.conflict, code: "too_many_members", "An organisation can have at most \(memberLimit) members.")
        }
        // Above every version that an earlier removal of the same user may have revoked.
        let version = try connection.rows(newest) { $0.integer(0) }.first ?? 0
        return try addMember(user, to: organisation, as: role, version: version + 1, at: now, connection)
    }

    private static func requireAnotherOwner(of organisation: TenantID, _ connection: any SQLConnection) throws {
        guard try connection.count(countOwners, .id(organisation)) > 1 else {
            throw PixelFlowError(
                .conflict, code: "last_owner", "An organisation needs an owner; make someone else owner first, or delete the organisation.")
        }
    }
}

extension PixelFlowError {
    package static let personalOrganisation = PixelFlowError(
        .conflict, code: "personal_organisation", "A personal organisation belongs to its account alone and is deleted with it."
    )

    /// An API key that is limited to networks or expires gives someone a role, or a higher one (403).
    package static let keyIsBounded = PixelFlowError(
        .forbidden, code: "role_too_high",
        "This API key is limited to networks or expires, so it cannot give anyone a higher role: a membership would not be limited.",
        field: "role")

    static let roleTooHigh = PixelFlowError(
        .forbidden, code: "role_too_high", "Only owners may grant or revoke the role owner; admins may grant and revoke the other roles.")
}
