import PixelFlowCore

/// The keys that sign tokens, shared by all replicas and kept across restarts.
extension IdentityStore {
    private static let list = SQLStatement(
        "signing_keys", "SELECT id, private_key, created_at FROM signing_keys ORDER BY created_at DESC, id")
    private static let insert = SQLStatement(
        "add_first_key",
        """
        INSERT INTO signing_keys (id, private_key, created_at) SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT 1 FROM signing_keys)
        """)

    /// All keys, the newest first.
    package func signingKeys() async throws -> [SigningKeyRecord] {
        try await database.read(.signingKeys) { try Self.allKeys($0) }
    }

    /// Adds `key` if there is none. Of two concurrent calls, exactly one succeeds.
    ///
    /// - Returns: all keys, the newest first.
    package func addFirst(_ key: SigningKeyRecord) async throws -> [SigningKeyRecord] {
        try await database.write(.signingKeys) { connection in
            // Without the lock, two concurrent calls would both find the table empty.
            try Self.lock(.signingKeys, connection)
            try connection.execute(Self.insert, .text(key.id), .text(key.privateKey), .time(key.createdAt))
            return try Self.allKeys(connection)
        }
    }

    private static func allKeys(_ connection: any SQLConnection) throws -> [SigningKeyRecord] {
        try connection.rows(list) { SigningKeyRecord(id: $0.text(0), privateKey: $0.text(1), createdAt: $0.time(2)) }
    }
}
