import GRDB
package import PixelFlowCore

extension SQLiteUserStore: SigningKeyStore {
    package func signingKeys() async throws -> [SigningKeyRecord] {
        try await read(Self.allKeys)
    }

    package func addFirst(_ key: SigningKeyRecord) async throws -> [SigningKeyRecord] {
        try await write { database in
            // One statement, so that of two processes only one finds the table empty.
            try database.execute(
                sql: """
                    INSERT INTO signing_keys (id, private_key, created_at)
                    SELECT ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM signing_keys)
                    """,
                arguments: [key.id, key.privateKey, key.createdAt.microseconds])
            return try Self.allKeys(database)
        }
    }

    @Sendable private static func allKeys(_ database: Database) throws -> [SigningKeyRecord] {
        try Row.fetchAll(database, sql: "SELECT * FROM signing_keys ORDER BY created_at DESC, id").map { row in
            SigningKeyRecord(id: row["id"], privateKey: row["private_key"], createdAt: Timestamp(microseconds: row["created_at"]))
        }
    }
}
