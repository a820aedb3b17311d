package import PixelFlowCore

extension PostgresUserStore: SigningKeyStore {
    private static let list = PostgresStatement(
        "signing_keys", "SELECT id, private_key, created_at FROM signing_keys ORDER BY created_at DESC, id")
    private static let insert = PostgresStatement(
        "add_first_key",
        """
        INSERT INTO signing_keys (id, private_key, created_at) SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT 1 FROM signing_keys)
        """)

    package func signingKeys() async throws -> [SigningKeyRecord] {
        try await run(.listSigningKeys, Self.allKeys)
    }

    package func addFirst(_ key: SigningKeyRecord) async throws -> [SigningKeyRecord] {
        try await run(.addSigningKey) { connection in
            try connection.transaction {
                // One at a time; readers continue. Without it two racers both find the table empty.
                try connection.execute(script: "LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE")
                try connection.execute(
                    Self.insert, [.text(key.id), .text(key.privateKey), .integer(key.createdAt.microseconds)])
                return try Self.allKeys(connection)
            }
        }
    }

    @Sendable private static func allKeys(_ connection: PostgresConnection) throws -> [SigningKeyRecord] {
        try connection.execute(list).map { row in
            SigningKeyRecord(id: row.text(0), privateKey: row.text(1), createdAt: Timestamp(microseconds: row.integer(2)))
        }
    }
}
