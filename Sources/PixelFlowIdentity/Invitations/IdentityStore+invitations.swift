package import PixelFlowCore

extension IdentityStore {
    /// Maximum number of open invitations per organisation.
    package static let invitationLimit = 200

    private static let insert = SQLStatement(
        "add_invitation",
        """
        INSERT INTO invitations (id, organisation, email, role, hash, invited_by, created_at, expires_at, accepted_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '') ON CONFLICT (id) DO NOTHING
        """)
    private static let list = SQLStatement(
        "invitations",
        """
        SELECT id, organisation, email, role, hash, invited_by, created_at, expires_at FROM invitations
        WHERE organisation = $1 AND accepted_by = '' AND expires_at > $2 ORDER BY id DESC
        """)
    private static let byHash = SQLStatement(
        "invitation_by_hash",
        """
        SELECT id, organisation, email, role, hash, invited_by, created_at, expires_at FROM invitations
        WHERE hash = $1 AND accepted_by = '' AND expires_at > $2
          AND EXISTS (SELECT 1 FROM organisations o WHERE o.id = organisation AND o.deleted_at = 0)
        """)
    private static let count = SQLStatement(
        "count_invitations", "SELECT count(*) FROM invitations WHERE organisation = $1 AND accepted_by = '' AND expires_at > $2")
    private static let renew = SQLStatement(
        "renew_invitation",
        """
        UPDATE invitations SET hash = $3, expires_at = $4, invited_by = $5
        WHERE id = $1 AND organisation = $2 AND accepted_by = ''
        """)
    private static let delete = SQLStatement(
        "revoke_invitation", "DELETE FROM invitations WHERE id = $1 AND organisation = $2 AND accepted_by = ''")
    private static let accept = SQLStatement(
        "accept_invitation", "UPDATE invitations SET accepted_by = $2 WHERE id = $1 AND accepted_by = ''")

    /// - Parameters:
    ///   - inviter: the admin who invites; nil for a program.
    ///   - mail: the message with the link; nil if none is to be sent.
    /// - Throws: `too_many_invitations` (409); `insufficient_role` (403) if the inviter is no longer an admin; `mail_backlog` (503).
    package func add(_ invitation: Invitation, by inviter: UserID?, mail: QueuedMail? = nil, audit: AuditEntry) async throws {
        try await database.write(.invitations) { connection in
            if try Self.isDone(audit, connection) { return }
            try Self.lock(invitation.organisation, connection)
            try Self.require(.admin, of: inviter, in: invitation.organisation, connection)
            guard
                try connection.count(Self.count, .id(invitation.organisation), .time(invitation.createdAt)) < Self.invitationLimit
            else {
                throw PixelFlowError(
                    .conflict, code: "too_many_invitations",
                    "An organisation can have at most \(Self.invitationLimit) open invitations; revoke one first.")
            }
            let values: [SQLValue] = [
                .text(invitation.id), .id(invitation.organisation), .text(invitation.email ?? ""), .text(invitation.role.rawValue),
                .text(invitation.hash), .id(invitation.invitedBy), .time(invitation.createdAt), .time(invitation.expiresAt),
            ]
            guard try connection.execute(Self.insert, values, read: { _ in }) == 1 else { return }
            if let mail { try Self.queue(mail, connection) }
            try Self.append(audit, connection)
        }
    }

    /// The open invitations of an organisation, the newest first, including those that no one can accept at present because their inviter
    /// may not assign the role.
    package func invitations(of organisation: TenantID, at now: Timestamp) async throws -> [Invitation] {
        try await database.read(.invitations) { try $0.rows(Self.list, .id(organisation), .time(now), map: Self.invitation) }
    }

    /// The open invitation with this hash; nil also if its organisation is deleted, or if its inviter may no longer assign its role.
    package func invitation(hash: String, at now: Timestamp) async throws -> Invitation? {
        try await database.read(.invitations) { try Self.acceptable(hash: hash, at: now, $0) }
    }

    /// The invitation that can be accepted with this hash.
    private static func acceptable(hash: String, at now: Timestamp, _ connection: any SQLConnection) throws -> Invitation? {
        guard let found = try connection.rows(byHash, .text(hash), .time(now), map: invitation).first,
            try mayAssign(found.role, found.invitedBy, in: found.organisation, connection)
        else { return nil }
        return found
    }

    /// Whether the maker of an invitation may assign its role now. An invitation must not give what its maker has lost: otherwise someone
    /// who expects to be removed or demoted could keep a way back in.
    ///
    /// - Parameter maker: a member, or an API key of the organisation.
    private static func mayAssign(
        _ role: Role, _ maker: UserID, in organisation: TenantID, _ connection: any SQLConnection
    ) throws -> Bool {
        if let user = try user(maker, connection) {
            guard user.disabledAt == nil, let membership = try membership(of: maker, in: organisation, connection) else { return false }
            return membership.role.mayAssign(role)
        }
        return try key(APIKeyID(maker.rawValue), of: organisation, connection)?.mayInvite(as: role) ?? false
    }

    /// Gives an open invitation a new token and a later expiry. Whoever renews it becomes its inviter.
    ///
    /// - Parameters:
    ///   - renewer: the admin or the API key that renews it.
    ///   - mail: the message with the new link; nil if none is to be sent.
    /// - Returns: false if the organisation has no such invitation.
    /// - Throws: `mail_backlog` (503).
    package func renew(
        _ id: String, of organisation: TenantID, by renewer: UserID, hash: String, until expiry: Timestamp, mail: QueuedMail? = nil,
        audit: AuditEntry
    ) async throws -> Bool {
        try await database.write(.invitations) { connection in
            let renewed = try connection.execute(Self.renew, .text(id), .id(organisation), .text(hash), .time(expiry), .id(renewer))
            guard renewed == 1 else { return false }
            if let mail { try Self.queue(mail, connection) }
            try Self.append(audit, connection)
            return true
        }
    }

    /// - Returns: false if the organisation has no such open invitation.
    package func revokeInvitation(_ id: String, of organisation: TenantID, audit: AuditEntry) async throws -> Bool {
        try await database.write(.invitations) { connection in
            if try Self.isDone(audit, connection) { return true }
            guard try connection.execute(Self.delete, .text(id), .id(organisation)) == 1 else { return false }
            try Self.append(audit, connection)
            return true
        }
    }

    /// Accepts an invitation. Of two users who accept the same one concurrently, exactly one becomes a member.
    ///
    /// - Throws: `invitation_invalid` (404) or `too_many_members` (409); `already_member` (409), which leaves the invitation open.
    package func accept(_ invitation: Invitation, by user: UserID, audit: AuditEntry, at now: Timestamp) async throws {
        try await database.write(.invitations) { try Self.accept(invitation, by: user, audit: audit, at: now, $0) }
    }

    static func accept(
        _ invitation: Invitation, by user: UserID, audit: AuditEntry, at now: Timestamp, _ connection: any SQLConnection
    ) throws {
        if try isDone(audit, connection) { return }
        guard try lock(invitation.organisation, connection) else { throw PixelFlowError.invitationInvalid }
        // After the lock, so that it sees concurrent departures and changes of roles.
        guard let open = try acceptable(hash: invitation.hash, at: now, connection), open.id == invitation.id else {
            throw PixelFlowError.invitationInvalid
        }
        guard try join(user, open.organisation, as: open.role, at: now, connection) else {
            throw PixelFlowError(.conflict, code: "already_member", "You are already a member of this organisation.")
        }
        try connection.execute(accept, .text(invitation.id), .id(user))
        try append(audit, connection)
    }

    private static func invitation(_ row: any SQLRow) -> Invitation {
        Invitation(
            id: row.text(0), organisation: TenantID(row.text(1)), email: row.optionalText(2), role: Role(rawValue: row.text(3)) ?? .viewer,
            hash: row.text(4), invitedBy: UserID(row.text(5)), createdAt: row.time(6), expiresAt: row.time(7))
    }
}

extension PixelFlowError {
    package static let invitationInvalid = PixelFlowError(
        .notFound, code: "invitation_invalid",
        """
        The invitation has been used or revoked, has expired, was sent to another address, its inviter may no longer invite people, or its \
        organisation has been deleted.
        """)
}
