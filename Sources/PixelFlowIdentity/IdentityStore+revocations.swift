package import PixelFlowCore

extension IdentityStore {
    private static let insert = SQLStatement(
        "add_revocation",
        "INSERT INTO revocations (sequence, kind, subject, organisation, version, at) VALUES ($1, $2, $3, $4, $5, $6)")
    private static let page = SQLStatement(
        "revocations_after",
        """
        SELECT sequence, kind, subject, organisation, version, at FROM revocations WHERE sequence > $1 ORDER BY sequence LIMIT $2
        """)

    private static let newest = SQLStatement("newest_sequence", "SELECT coalesce(max(value), 0) FROM counters WHERE name = 'revocations'")

    /// The highest sequence number ever assigned. It is lower than one that a reader has seen if the database was restored from a backup.
    package func newestRevocation() async throws -> Int64 {
        try await database.read(.revocations) { try $0.rows(Self.newest) { $0.integer(0) }.first ?? 0 }
    }

    /// Revocations in ascending order, including those of unknown kinds. Fewer than `limit` means that there are no more.
    package func revocations(after sequence: Int64, limit: Int) async throws -> [RevocationRecord] {
        try await database.read(.revocations) { try $0.rows(Self.page, .integer(sequence), .number(limit), map: Self.record) }
    }

    /// The lock makes revocations visible in the order of their sequence numbers: a reader that has read up to a number has missed none
    /// before it.
    static func revoke(_ revocation: Revocation, at now: Timestamp, _ connection: any SQLConnection) throws {
        let sequence = try lock(.revocations, connection)
        let (kind, subject, organisation, version) = columns(revocation)
        try connection.execute(
            insert, .integer(sequence), .text(kind.rawValue), .text(subject), .text(organisation), .integer(version), .time(now))
    }

    private enum Kind: String {
        case session, key, member, user, organisation
        case organisationRestored = "organisation_restored"
        case keys
        case keysRestored = "keys_restored"
    }

    private static func columns(_ revocation: Revocation) -> (Kind, subject: String, organisation: String, version: Int64) {
        switch revocation {
        case .session(let id): (.session, id.rawValue, "", 0)
        case .key(let id): (.key, id.rawValue, "", 0)
        case .member(let user, let organisation, let version): (.member, user.rawValue, organisation.rawValue, version)
        case .user(let user): (.user, user.rawValue, "", 0)
        case .organisation(let id): (.organisation, "", id.rawValue, 0)
        case .organisationRestored(let id): (.organisationRestored, "", id.rawValue, 0)
        case .keys(let id): (.keys, "", id.rawValue, 0)
        case .keysRestored(let id): (.keysRestored, "", id.rawValue, 0)
        }
    }

    private static func record(_ row: any SQLRow) -> RevocationRecord {
        let (subject, organisation) = (row.text(2), TenantID(row.text(3)))
        let revocation: Revocation? =
            switch Kind(rawValue: row.text(1)) {
            case .session: .session(SessionID(subject))
            case .key: .key(APIKeyID(subject))
            case .member: .member(UserID(subject), organisation, before: row.integer(4))
            case .user: .user(UserID(subject))
            case .organisation: .organisation(organisation)
            case .organisationRestored: .organisationRestored(organisation)
            case .keys: .keys(of: organisation)
            case .keysRestored: .keysRestored(of: organisation)
            case nil: nil
            }
        return RevocationRecord(sequence: row.integer(0), revocation: revocation, at: row.time(5))
    }
}
