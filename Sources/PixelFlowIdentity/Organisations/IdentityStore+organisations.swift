package import PixelFlowCore

extension IdentityStore {
    /// Maximum number of organisations per person, including deleted ones.
    package static let organisationLimit = 100
    /// How long a deleted organisation can be restored.
    package static let restorePeriod = Duration.seconds(7 * 86_400)

    private static let insert = SQLStatement(
        "add_organisation",
        """
        INSERT INTO organisations (id, name, personal_of, created_at, deleted_at, revision) VALUES ($1, $2, $3, $4, 0, 0)
        ON CONFLICT (id) DO NOTHING
        """)
    private static let insertMember = SQLStatement(
        "add_member",
        """
        INSERT INTO memberships (organisation, user_id, role, version, created_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (organisation, user_id) DO NOTHING
        """)
    private static let countOf = SQLStatement("count_organisations", "SELECT count(*) FROM memberships WHERE user_id = $1")
    private static let ofUser = SQLStatement(
        "organisations_of_user",
        """
        SELECT o.id, o.name, o.personal_of, o.created_at, o.deleted_at, m.role, m.version
        FROM memberships m JOIN organisations o ON o.id = m.organisation WHERE m.user_id = $1 ORDER BY o.created_at, o.id
        """)
    private static let membershipOf = SQLStatement(
        "membership",
        """
        SELECT o.id, o.name, o.personal_of, o.created_at, o.deleted_at, m.role, m.version
        FROM memberships m JOIN organisations o ON o.id = m.organisation WHERE m.user_id = $1 AND m.organisation = $2
        """)
    private static let page = SQLStatement(
        "organisations_page",
        """
        SELECT id, name, personal_of, created_at, deleted_at FROM organisations WHERE id > $1 ORDER BY id LIMIT $2
        """)
    private static let byID = SQLStatement(
        "organisation", "SELECT id, name, personal_of, created_at, deleted_at FROM organisations WHERE id = $1")
    private static let setName = SQLStatement("rename_organisation", "UPDATE organisations SET name = $2 WHERE id = $1")
    private static let markDeleted = SQLStatement(
        "delete_organisation", "UPDATE organisations SET deleted_at = $2 WHERE id = $1 AND deleted_at = 0")
    private static let unmarkDeleted = SQLStatement(
        "restore_organisation",
        """
        UPDATE organisations SET deleted_at = 0 WHERE id = $1 AND deleted_at > $2
          AND EXISTS (SELECT 1 FROM memberships m WHERE m.organisation = $1 AND m.role = 'owner')
        """)
    private static let over = SQLStatement(
        "organisations_that_are_over",
        """
        SELECT id, deleted_at FROM organisations WHERE deleted_at > $1 AND deleted_at <= $2 ORDER BY deleted_at, id LIMIT $3
        """)

    /// Creates an organisation with its first owner.
    ///
    /// - Throws: `too_many_organisations` (409).
    package func create(_ organisation: Organisation, owner: UserID, audit: AuditEntry) async throws {
        try await database.write(.organisations) { connection in
            if try Self.isDone(audit, connection) { return }
            guard try connection.count(Self.countOf, .id(owner)) < Self.organisationLimit else {
                throw PixelFlowError(
                    .conflict, code: "too_many_organisations", "One person can be in at most \(Self.organisationLimit) organisations.")
            }
            if try Self.insertOrganisation(organisation, owner: owner, connection) { try Self.append(audit, connection) }
        }
    }

    /// The organisations of a person, the oldest first, deleted ones included.
    package func memberships(of user: UserID) async throws -> [Membership] {
        try await database.read(.organisations) { try Self.memberships(of: user, $0) }
    }

    /// Nil if the person is not a member.
    package func membership(of user: UserID, in organisation: TenantID) async throws -> Membership? {
        try await database.read(.organisations) { try Self.membership(of: user, in: organisation, $0) }
    }

    package func organisation(_ id: TenantID) async throws -> Organisation? {
        try await database.read(.organisations) { try $0.rows(Self.byID, .id(id), map: Self.organisation).first }
    }

    /// Organisations in the order of their ids.
    package func organisations(after id: TenantID?, limit: Int) async throws -> [Organisation] {
        try await database.read(.organisations) {
            try $0.rows(Self.page, .text(id?.rawValue ?? ""), .number(limit), map: Self.organisation)
        }
    }

    /// Restores an organisation if it is deleted, renames it, or both: either all of it happens or nothing.
    ///
    /// - Parameters:
    ///   - restoration: the entry of the restoration; nil if it is not to be restored.
    ///   - name: the new name and the entry of the renaming; nil to keep the name.
    /// - Throws: `not_found` (404) if there is no such organisation, or it is deleted and is not to be restored; `not_restorable` (409).
    package func change(
        _ id: TenantID, restoring restoration: AuditEntry?, name: (String, AuditEntry)?, at now: Timestamp
    ) async throws {
        try await database.write(.organisations) { connection in
            if let first = restoration ?? name?.1, try Self.isDone(first, connection) { return }
            // Locked before the statement that looks for an owner, so that it sees concurrent departures.
            guard try Self.lock(id, connection), let present = try connection.rows(Self.byID, .id(id), map: Self.organisation).first
            else { throw PixelFlowError.notFound("organisation") }
            if present.deletedAt != nil {
                guard let restoration else { throw PixelFlowError.notFound("organisation") }
                guard try Self.restore(id, audit: restoration, at: now, connection) else { throw PixelFlowError.notRestorable }
            }
            if let (name, entry) = name {
                try connection.execute(Self.setName, .id(id), .text(name))
                try Self.append(entry, connection)
            }
        }
    }

    private static func restore(
        _ id: TenantID, audit: AuditEntry, at now: Timestamp, _ connection: any SQLConnection
    ) throws -> Bool {
        guard try connection.execute(unmarkDeleted, .id(id), .time(now - restorePeriod)) == 1 else { return false }
        try revoke(.organisationRestored(id), at: now, connection)
        try append(audit, connection)
        return true
    }

    /// Marks an organisation as deleted, which invalidates all its credentials, or restores it within `restorePeriod`.
    ///
    /// - Returns: false if there is no such organisation, it is already deleted, it can no longer be restored, or it has no owner left.
    package func setDeleted(_ isDeleted: Bool, _ id: TenantID, audit: AuditEntry, at now: Timestamp) async throws -> Bool {
        try await database.write(.organisations) { connection in
            if try Self.isDone(audit, connection) { return true }
            // Locked before the statement that looks for an owner, so that it sees concurrent departures.
            try Self.lock(id, connection)
            guard isDeleted else { return try Self.restore(id, audit: audit, at: now, connection) }
            guard try connection.execute(Self.markDeleted, .id(id), .time(now)) == 1 else { return false }
            try Self.revoke(.organisation(id), at: now, connection)
            try Self.append(audit, connection)
            return true
        }
    }

    /// Organisations that can no longer be restored, in the order of their deletion.
    ///
    /// - Parameter time: return only those deleted after it.
    package func over(after time: Timestamp, at now: Timestamp, limit: Int) async throws -> [(id: TenantID, deletedAt: Timestamp)] {
        try await database.read(.organisations) { connection in
            try connection.rows(Self.over, .time(time), .time(now - Self.restorePeriod), .number(limit)) {
                (TenantID($0.text(0)), $0.time(1))
            }
        }
    }

    @discardableResult
    static func insertOrganisation(_ organisation: Organisation, owner: UserID, _ connection: any SQLConnection) throws -> Bool {
        let isNew =
            try connection.execute(
                insert, .id(organisation.id), .text(organisation.name), .text(organisation.personalOf?.rawValue ?? ""),
                .time(organisation.createdAt)) == 1
        try addMember(owner, to: organisation.id, as: .owner, version: 1, at: organisation.createdAt, connection)
        return isNew
    }

    /// - Returns: false if the user is already a member.
    @discardableResult
    static func addMember(
        _ user: UserID, to organisation: TenantID, as role: Role, version: Int64, at now: Timestamp, _ connection: any SQLConnection
    ) throws -> Bool {
        try connection.execute(
            insertMember, .id(organisation), .id(user), .text(role.rawValue), .integer(version), .time(now)) == 1
    }

    static func memberships(of user: UserID, _ connection: any SQLConnection) throws -> [Membership] {
        try connection.rows(ofUser, .id(user), map: membership)
    }

    static func membership(
        of user: UserID, in organisation: TenantID, _ connection: any SQLConnection
    ) throws -> Membership? {
        try connection.rows(membershipOf, .id(user), .id(organisation), map: membership).first
    }

    private static func membership(_ row: any SQLRow) -> Membership {
        // An unknown role was granted by a newer release; treat it as the one with the fewest rights.
        Membership(organisation: organisation(row), role: Role(rawValue: row.text(5)) ?? .viewer, version: row.integer(6))
    }

    private static func organisation(_ row: any SQLRow) -> Organisation {
        Organisation(
            id: TenantID(row.text(0)), name: row.text(1), personalOf: row.optionalText(2).map(UserID.init), createdAt: row.time(3),
            deletedAt: row.optionalTime(4))
    }
}

extension PixelFlowError {
    static let notRestorable = PixelFlowError(
        .conflict, code: "not_restorable",
        "The organisation can no longer be restored: it was deleted more than 7 days ago, or its last owner has deleted the account.")
}
