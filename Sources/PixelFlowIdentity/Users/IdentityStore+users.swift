package import PixelFlowCore

extension IdentityStore {
    private static let insert = SQLStatement(
        "add_user",
        """
        INSERT INTO users (id, email, password_hash, tenant, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (email) DO NOTHING
        """)
    private static let byEmail = SQLStatement(
        "user_by_email", "SELECT id, email, password_hash, tenant, created_at, disabled_at, email_verified_at FROM users WHERE email = $1")
    private static let byID = SQLStatement(
        "user_by_id", "SELECT id, email, password_hash, tenant, created_at, disabled_at, email_verified_at FROM users WHERE id = $1")
    private static let page = SQLStatement(
        "users_page",
        """
        SELECT id, email, password_hash, tenant, created_at, disabled_at, email_verified_at FROM users
        WHERE id > $1 ORDER BY id LIMIT $2
        """)
    private static let setHash = SQLStatement("set_password", "UPDATE users SET password_hash = $2 WHERE id = $1")
    private static let replaceHash = SQLStatement(
        "replace_password", "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2")
    private static let disable = SQLStatement("disable_user", "UPDATE users SET disabled_at = $2 WHERE id = $1")
    private static let anyone = SQLStatement("count_users", "SELECT count(*) FROM users")

    /// Adds a user and a personal organisation that they own, unless the address is taken. Of two concurrent calls, exactly one succeeds.
    ///
    /// - Parameters:
    ///   - invitation: accepted in the same transaction, with its audit entry.
    ///   - verification: the confirmation message for the address.
    ///   - isFirst: whether the account must be the first one.
    /// - Returns: false if the email address is taken.
    /// - Throws: the errors of `accept(_:by:audit:at:)`; `registration_closed` (403) if `isFirst` and there is an account.
    package func register(
        _ user: User, audit: AuditEntry, accepting invitation: (Invitation, AuditEntry)? = nil,
        verification: Verification? = nil, isFirst: Bool = false
    ) async throws -> Bool {
        try await database.write(.users) { connection in
            if try Self.isDone(audit, connection) { return true }
            guard try Self.restoring(connection) == nil else {
                throw PixelFlowError(.unavailable, code: "database_unavailable", "A backup is being restored.", retry: .transient)
            }
            if isFirst {
                try Self.lock(.setup, connection)
                guard try connection.count(Self.anyone) == 0 else {
                    throw PixelFlowError(.forbidden, code: "registration_closed", "An account already exists; ask for an invitation.")
                }
            }
            let values: [SQLValue] = [
                .id(user.id), .text(user.email), .text(user.passwordHash), .id(user.tenant), .time(user.createdAt),
            ]
            guard try connection.execute(Self.insert, values, read: { _ in }) == 1 else {
                // It may be this same user, added by an earlier call whose response was lost.
                return try Self.user(Self.byEmail, .text(user.email), connection)?.id == user.id
            }
            let personal = Organisation(id: user.tenant, name: user.email, personalOf: user.id, createdAt: user.createdAt)
            try Self.insertOrganisation(personal, owner: user.id, connection)
            if let (invitation, entry) = invitation {
                try Self.accept(invitation, by: user.id, audit: entry, at: user.createdAt, connection)
            }
            if let verification { try Self.add(verification, for: user.id, connection) }
            try Self.append(audit, connection)
            return true
        }
    }

    /// Finds a user by normalised email address.
    package func user(email: String) async throws -> User? {
        try await database.read(.users) { try Self.user(Self.byEmail, .text(email), $0) }
    }

    package func user(_ id: UserID) async throws -> User? {
        try await database.read(.users) { try Self.user(id, $0) }
    }

    /// Users in the order of their ids.
    package func users(after id: UserID?, limit: Int) async throws -> [User] {
        try await database.read(.users) { connection in
            try connection.rows(Self.page, .text(id?.rawValue ?? ""), .number(limit), map: Self.user)
        }
    }

    /// Changes the password hash of a user and ends their sessions.
    ///
    /// - Parameter kept: the session of the change, which stays open.
    package func setPassword(
        of user: UserID, hash: String, keeping kept: SessionID? = nil, audit: AuditEntry, at now: Timestamp
    ) async throws {
        try await database.write(.users) { connection in
            try Self.replacePassword(of: user, hash: hash, keeping: kept, at: now, connection)
            try Self.append(audit, connection)
        }
    }

    /// Changes the password and invalidates reset tokens and sessions.
    static func replacePassword(
        of user: UserID, hash: String, keeping kept: SessionID?, at now: Timestamp, _ connection: any SQLConnection
    ) throws {
        try connection.execute(setHash, .id(user), .text(hash))
        try forgetResets(of: user, connection)
        try endSessions(of: user, keeping: kept, at: now, connection)
    }

    /// Replaces a hash with one of the same password at the current cost. Does nothing if the password has changed in the meantime.
    package func rehash(_ user: User, as hash: String) async throws {
        _ = try await database.write(.users) { connection in
            try connection.execute(Self.replaceHash, .id(user.id), .text(user.passwordHash), .text(hash))
        }
    }

    /// Disables or enables an account. Disabling ends its sessions; the keys of its personal organisation are refused until it is enabled.
    ///
    /// - Returns: false if there is no such user.
    package func setDisabled(_ isDisabled: Bool, _ id: UserID, audit: AuditEntry, at now: Timestamp) async throws -> Bool {
        try await database.write(.users) { connection in
            guard try connection.execute(Self.disable, .id(id), .time(isDisabled ? now : nil)) == 1,
                let user = try Self.user(id, connection)
            else { return false }
            if isDisabled {
                try Self.forgetResets(of: id, connection)
                try Self.endSessions(of: id, keeping: nil, at: now, connection)
            }
            try Self.revoke(isDisabled ? .keys(of: user.tenant) : .keysRestored(of: user.tenant), at: now, connection)
            try Self.append(audit, connection)
            return true
        }
    }

    static func user(_ id: UserID, _ connection: any SQLConnection) throws -> User? { try user(byID, .id(id), connection) }

    static func user(email: String, _ connection: any SQLConnection) throws -> User? { try user(byEmail, .text(email), connection) }

    private static func user(_ statement: SQLStatement, _ value: SQLValue, _ connection: any SQLConnection) throws -> User? {
        try connection.rows(statement, value, map: user).first
    }

    private static func user(_ row: any SQLRow) -> User {
        User(
            id: UserID(row.text(0)), email: row.text(1), passwordHash: row.text(2), tenant: TenantID(row.text(3)), createdAt: row.time(4),
            disabledAt: row.optionalTime(5), emailVerifiedAt: row.optionalTime(6))
    }
}
