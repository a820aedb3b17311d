package import PixelFlowCore

extension IdentityStore {
    /// Maximum number of keys per organisation.
    package static let keyLimit = 200

    private static let insert = SQLStatement(
        "add_api_key",
        """
        INSERT INTO api_keys
            (id, organisation, name, hash, hint, scopes, networks, created_by, created_at, expires_at, last_used_at, lane)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11) ON CONFLICT (id) DO NOTHING
        """)
    private static let list = SQLStatement(
        "api_keys",
        """
        SELECT id, organisation, name, hash, hint, scopes, networks, created_by, created_at, expires_at, last_used_at, lane
        FROM api_keys WHERE organisation = $1 ORDER BY id DESC
        """)
    private static let byHash = SQLStatement(
        "api_key_by_hash",
        """
        SELECT id, organisation, name, hash, hint, scopes, networks, created_by, created_at, expires_at, last_used_at, lane
        FROM api_keys WHERE hash = $1
          AND EXISTS (SELECT 1 FROM organisations o WHERE o.id = organisation AND o.deleted_at = 0)
          AND NOT EXISTS (
              SELECT 1 FROM organisations o JOIN users u ON u.id = o.personal_of WHERE o.id = organisation AND u.disabled_at > 0)
        """)
    private static let byID = SQLStatement(
        "api_key_by_id",
        """
        SELECT id, organisation, name, hash, hint, scopes, networks, created_by, created_at, expires_at, last_used_at, lane
        FROM api_keys WHERE id = $1 AND organisation = $2
          AND NOT EXISTS (
              SELECT 1 FROM organisations o JOIN users u ON u.id = o.personal_of WHERE o.id = organisation AND u.disabled_at > 0)
        """)
    /// Keys that programs have made belong to the person as well: one who has such a key could have made them.
    private static let ofPerson = SQLStatement(
        "api_keys_of_person",
        """
        SELECT id, organisation, name, hash, hint, scopes, networks, created_by, created_at, expires_at, last_used_at, lane
        FROM api_keys WHERE organisation = $1
          AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = created_by AND u.id <> $2) ORDER BY id
        """)
    private static let count = SQLStatement("count_api_keys", "SELECT count(*) FROM api_keys WHERE organisation = $1")
    private static let name = SQLStatement("api_key_name", "SELECT name FROM api_keys WHERE id = $1 AND organisation = $2")
    private static let delete = SQLStatement("revoke_api_key", "DELETE FROM api_keys WHERE id = $1 AND organisation = $2")
    private static let touch = SQLStatement("use_api_key", "UPDATE api_keys SET last_used_at = $2 WHERE id = $1 AND last_used_at < $3")

    /// - Parameter maker: the admin who creates it; nil for a program.
    /// - Throws: `too_many_keys` (409); `insufficient_role` (403) if the creator is no longer an admin.
    package func add(_ key: APIKey, by maker: UserID?, audit: AuditEntry) async throws {
        try await database.write(.apiKeys) { connection in
            if try Self.isDone(audit, connection) { return }
            try Self.lock(key.organisation, connection)
            try Self.require(.admin, of: maker, in: key.organisation, connection)
            guard try connection.count(Self.count, .id(key.organisation)) < Self.keyLimit else {
                throw PixelFlowError(
                    .conflict, code: "too_many_keys", "An organisation can have at most \(Self.keyLimit) keys; revoke one first.")
            }
            let values: [SQLValue] = [
                .id(key.id), .id(key.organisation), .text(key.name), .text(key.hash), .text(key.hint), .text(Scope.text(key.scopes)),
                .text(key.networks.joined(separator: " ")), .id(key.createdBy), .time(key.createdAt), .time(key.expiresAt),
                .text(key.lane?.rawValue ?? ""),
            ]
            guard try connection.execute(Self.insert, values, read: { _ in }) == 1 else { return }
            try Self.append(audit, connection)
        }
    }

    /// The keys of an organisation, the newest first.
    package func keys(of organisation: TenantID) async throws -> [APIKey] {
        try await database.read(.apiKeys) { try $0.rows(Self.list, .id(organisation), map: Self.key) }
    }

    /// The key with this hash; nil if there is none, its organisation is deleted, or it is the personal one of a disabled account. It may
    /// have expired.
    package func key(hash: String) async throws -> APIKey? {
        try await database.read(.apiKeys) { try $0.rows(Self.byHash, .text(hash), map: Self.key).first }
    }

    /// A key of an organisation; nil if it has been revoked, or if the organisation is the personal one of a disabled account. It may have
    /// expired.
    package func key(_ id: APIKeyID, of organisation: TenantID) async throws -> APIKey? {
        try await database.read(.apiKeys) { try Self.key(id, of: organisation, $0) }
    }

    static func key(_ id: APIKeyID, of organisation: TenantID, _ connection: any SQLConnection) throws -> APIKey? {
        try connection.rows(byID, .id(id), .id(organisation), map: key).first
    }

    /// Records a use, at most once a minute.
    package func touch(_ key: APIKeyID, at now: Timestamp) async throws {
        _ = try await database.write(.apiKeys) { try $0.execute(Self.touch, .id(key), .time(now), .time(now - .seconds(60))) }
    }

    /// Revokes a key. `audit` gets its name as the detail.
    ///
    /// - Returns: false if the organisation has no such key.
    package func revoke(_ key: APIKeyID, of organisation: TenantID, audit: AuditEntry, at now: Timestamp) async throws -> Bool {
        try await database.write(.apiKeys) { connection in
            if try Self.isDone(audit, connection) { return true }
            let names = try connection.rows(Self.name, .id(key), .id(organisation)) { $0.text(0) }
            guard try connection.execute(Self.delete, .id(key), .id(organisation)) == 1 else { return false }
            try Self.revoke(.key(key), at: now, connection)
            var audit = audit
            audit.detail = names.first ?? ""
            try Self.append(audit, connection)
            return true
        }
    }

    /// Deletes the keys of the personal organisation of a user, except those that another person has made. The caller must hold the lock of
    /// the organisation, and must pass the keys to `revoke(_:audit:at:_:)` afterwards.
    ///
    /// Lock order: the rows of keys and sessions before the list of revocations.
    static func deleteKeys(of user: User, _ connection: any SQLConnection) throws -> [APIKey] {
        let keys = try connection.rows(ofPerson, .id(user.tenant), .id(user.id), map: key)
        for key in keys { try connection.execute(delete, .id(key.id), .id(user.tenant)) }
        return keys
    }

    /// Revokes deleted keys.
    ///
    /// - Parameter audit: the entry of the act that causes it; each key gets one like it.
    static func revoke(_ keys: [APIKey], audit: AuditEntry, at now: Timestamp, _ connection: any SQLConnection) throws {
        for key in keys {
            try revoke(.key(key.id), at: now, connection)
            var entry = audit
            entry.id = UUIDv7.make(at: now)
            (entry.organisation, entry.action, entry.target, entry.detail) = (key.organisation, .keyRevoked, key.id.rawValue, key.name)
            try append(entry, connection)
        }
    }

    private static func key(_ row: any SQLRow) -> APIKey {
        APIKey(
            id: APIKeyID(row.text(0)), organisation: TenantID(row.text(1)), name: row.text(2), hash: row.text(3), hint: row.text(4),
            scopes: Scope.set(row.text(5)), networks: row.text(6).split(separator: " ").map(String.init),
            lane: Lane(rawValue: row.text(11)),
            createdBy: UserID(row.text(7)), createdAt: row.time(8), expiresAt: row.optionalTime(9), lastUsedAt: row.optionalTime(10))
    }
}
