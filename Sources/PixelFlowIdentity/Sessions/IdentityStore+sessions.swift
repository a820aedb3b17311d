package import PixelFlowCore

extension IdentityStore {
    /// Maximum number of sessions per user; beyond it, the least recently used ones end.
    package static let sessionLimit = 100
    /// How long after an exchange the previous refresh token is still accepted.
    package static let rotationGrace = Duration.seconds(30)

    private static let insert = SQLStatement(
        "add_session",
        """
        INSERT INTO sessions (id, user_id, organisation, generation, rotated_at, created_at, last_used_at, expires_at, device, address)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING
        """)
    private static let byID = SQLStatement(
        "session",
        """
        SELECT id, user_id, organisation, generation, rotated_at, created_at, last_used_at, expires_at, device, address
        FROM sessions WHERE id = $1
        """)
    private static let ofUser = SQLStatement(
        "sessions_of_user",
        """
        SELECT id, user_id, organisation, generation, rotated_at, created_at, last_used_at, expires_at, device, address
        FROM sessions WHERE user_id = $1 ORDER BY last_used_at DESC, id
        """)
    private static let use = SQLStatement(
        "use_session",
        """
        UPDATE sessions SET generation = $2, rotated_at = $3, last_used_at = $4, expires_at = $5, device = $6, address = $7
        WHERE id = $1
        """)
    private static let lockRow = SQLStatement("lock_session", "UPDATE sessions SET id = id WHERE id = $1")
    /// Locks the row until the end of the transaction, which orders sign-ins and password changes.
    private static let holdUser = SQLStatement(
        "hold_user", "UPDATE users SET id = id WHERE id = $1 AND password_hash = $2 AND disabled_at = 0")
    private static let setOrganisation = SQLStatement(
        "set_session_organisation", "UPDATE sessions SET organisation = $3 WHERE id = $1 AND user_id = $2")
    private static let delete = SQLStatement("end_session", "DELETE FROM sessions WHERE id = $1 AND user_id = $2")

    /// Opens a session for a user whose password has been verified.
    ///
    /// - Parameter use: the code to spend if the second factor is on.
    /// - Throws: `credentials_changed` (409) if the password has changed, the second factor was turned on or the account was disabled in
    ///   the meantime: a sign-in with the old password must not outlive the change. `second_factor_invalid` (401) if the code has already
    ///   been used.
    package func open(_ session: Session, for user: User, spending use: SecondFactorUse? = nil, audit: AuditEntry) async throws {
        try await database.write(.sessions) { connection in
            guard try connection.execute(Self.holdUser, .id(user.id), .text(user.passwordHash)) == 1 else {
                throw PixelFlowError.credentialsChanged
            }
            let values: [SQLValue] = [
                .id(session.id), .id(session.user), .id(session.organisation), .integer(session.generation), .time(session.rotatedAt),
                .time(session.createdAt), .time(session.lastUsedAt), .time(session.expiresAt), .text(session.device),
                .text(session.address),
            ]
            guard try connection.execute(Self.insert, values, read: { _ in }) == 1 else { return }
            try Self.spend(use, of: user.id, connection)
            let surplus = try connection.rows(Self.ofUser, .id(session.user), map: Self.session).dropFirst(Self.sessionLimit)
            for session in surplus { try connection.execute(Self.delete, .id(session.id), .id(session.user)) }
            for ended in surplus { try Self.revoke(.session(ended.id), at: session.createdAt, connection) }
            try Self.append(audit, connection)
        }
    }

    /// Exchanges a refresh token of a session.
    ///
    /// - Parameters:
    ///   - generation: the generation of the token.
    ///   - audit: written if the token had already been used.
    package func rotate(_ id: SessionID, generation: Int64, use: SessionUse, audit: AuditEntry) async throws -> SessionRotation {
        try await database.write(.sessions) { connection in
            try connection.execute(Self.lockRow, .id(id))
            guard var session = try connection.rows(Self.byID, .id(id), map: Self.session).first, use.at < session.expiresAt else {
                return .ended
            }
            if session.generation == generation {
                session.generation += 1
                session.rotatedAt = use.at
            } else if session.generation != generation + 1 || use.at > session.rotatedAt + Self.rotationGrace {
                try Self.end(session, at: use.at, connection)
                try Self.append(audit, connection)
                return .reused(session)
            }
            session.lastUsedAt = use.at
            session.expiresAt = use.at + use.lifetime
            (session.device, session.address) = (use.device, use.address)
            try connection.execute(
                Self.use, .id(id), .integer(session.generation), .time(session.rotatedAt), .time(session.lastUsedAt),
                .time(session.expiresAt), .text(session.device), .text(session.address))
            return .rotated(session)
        }
    }

    package func session(_ id: SessionID) async throws -> Session? {
        try await database.read(.sessions) { try $0.rows(Self.byID, .id(id), map: Self.session).first }
    }

    /// The sessions of a user, the most recently used first.
    package func sessions(of user: UserID) async throws -> [Session] {
        try await database.read(.sessions) { try $0.rows(Self.ofUser, .id(user), map: Self.session) }
    }

    /// Switches the organisation of a session's next tokens.
    package func setOrganisation(_ organisation: TenantID, of session: SessionID, user: UserID) async throws {
        _ = try await database.write(.sessions) {
            try $0.execute(Self.setOrganisation, .id(session), .id(user), .id(organisation))
        }
    }

    /// Ends a session: revokes its refresh token and all its tokens.
    ///
    /// - Returns: false if the user has no such session.
    package func end(_ id: SessionID, of user: UserID, audit: AuditEntry, at now: Timestamp) async throws -> Bool {
        try await database.write(.sessions) { connection in
            if try Self.isDone(audit, connection) { return true }
            guard try connection.execute(Self.delete, .id(id), .id(user)) == 1 else { return false }
            try Self.revoke(.session(id), at: now, connection)
            try Self.append(audit, connection)
            return true
        }
    }

    /// Ends all sessions of a user except one, and revokes tokens issued before sessions were introduced. The transaction must already have
    /// updated the row of the user, so that no session is opened concurrently.
    static func endSessions(of user: UserID, keeping kept: SessionID?, at now: Timestamp, _ connection: any SQLConnection) throws {
        let ended = try connection.rows(ofUser, .id(user), map: session).filter { $0.id != kept }
        // Lock order: session rows before the list of revocations. A transaction that waits for the list holds no row that another one
        // needs.
        for session in ended { try connection.execute(delete, .id(session.id), .id(user)) }
        for session in ended { try revoke(.session(session.id), at: now, connection) }
        try revoke(.user(user), at: now, connection)
    }

    private static func end(_ session: Session, at now: Timestamp, _ connection: any SQLConnection) throws {
        try connection.execute(delete, .id(session.id), .id(session.user))
        try revoke(.session(session.id), at: now, connection)
    }

    private static func session(_ row: any SQLRow) -> Session {
        var session = Session(
            id: SessionID(row.text(0)), user: UserID(row.text(1)), organisation: TenantID(row.text(2)), generation: row.integer(3),
            createdAt: row.time(5), expiresAt: row.time(7), device: row.text(8), address: row.text(9))
        session.rotatedAt = row.time(4)
        session.lastUsedAt = row.time(6)
        return session
    }
}

extension PixelFlowError {
    package static let credentialsChanged = PixelFlowError(
        .conflict, code: "credentials_changed", "The password has just been changed; sign in again.")
}
