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

    /// - Returns: false if there is no such organisation.
    package func rename(_ id: TenantID, to name: String, audit: AuditEntry) async throws -> Bool {
        try await database.write(.organisations) { connection in
            guard try connection.execute(Self.setName, .id(id), .text(name)) == 1 else { return false }
            try Self.append(audit, connection)
            return true
        }
    }

    /// Marks an organisation as deleted, which invalidates all its credentials, or restores it within `restorePeriod`.
    ///
    /// - Returns: false if there is no such organisation, it is already deleted, it can no longer be restored, or it has no owner left.
    package func setDeleted(_ isDeleted: Bool, _ id: TenantID, audit: AuditEntry, at now: Timestamp) async throws -> Bool {
        try await database.write(.organisations) { connection in
            if try Self.isDone(audit, connection) { return true }
            // Locked before the statement that looks for an owner, so that it sees concurrent departures.
            try Self.lock(id, connection)
            let changed =
                isDeleted
                ? try connection.execute(Self.markDeleted, .id(id), .time(now))
                : try connection.execute(Self.unmarkDeleted, .id(id), .time(now - Self.restorePeriod))
            guard changed == 1 else { return false }
            try Self.revoke(isDeleted ? .organisation(id) : .organisationRestored(id), at: now, connection)
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
