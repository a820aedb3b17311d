import GRDB
package import PixelFlowCore

extension SQLiteTaskStore: OrphanMarkStore {
    package func markOrphans(_ prefixes: [BlobKey]) async throws {
        guard !prefixes.isEmpty else { return }
        try await write(.machine) { tasks in
            let since = self.now.microseconds
            for prefix in prefixes {
                try tasks.database.cachedStatement(sql: "INSERT OR IGNORE INTO orphan (prefix, since) VALUES (?, ?)")
                    .execute(arguments: [prefix.rawValue, since])
            }
        }
    }

    package func clearOrphans(_ prefixes: [BlobKey]) async throws {
        guard !prefixes.isEmpty else { return }
        try await write(.process) { tasks in
            for prefix in prefixes {
                try tasks.database.cachedStatement(sql: "DELETE FROM orphan WHERE prefix = ?").execute(arguments: [prefix.rawValue])
            }
        }
    }

    package func orphans(after previous: BlobKey?, limit: Int) async throws -> [OrphanMark] {
        let previous = previous?.rawValue ?? ""
        return try await read { database in
            try Row.fetchAll(
                database, sql: "SELECT prefix, since FROM orphan WHERE prefix > ? ORDER BY prefix LIMIT ?", arguments: [previous, limit]
            ).map { OrphanMark(prefix: BlobKey(rawValue: try $0.value(0)), since: Timestamp(microseconds: try $0.value(1))) }
        }
    }

    package func hasPassed(_ grace: Duration, since time: Timestamp) async throws -> Bool { now - time >= grace }
}

extension SQLiteTaskStore: InstallationRecord {
    package func installationMark() async throws -> InstallationMark? {
        try await read { try Self.mark(in: $0) }
    }

    package func setInstallationMark(_ mark: InstallationMark, replacing old: InstallationMark?) async throws -> Bool {
        try await write(.machine) { tasks in
            guard try Self.mark(in: tasks.database) == old else { return false }
            try tasks.database.execute(
                sql: "INSERT OR REPLACE INTO installation (only, mark) VALUES (1, ?)", arguments: [mark.description])
            return true
        }
    }

    package func holdsData() async throws -> Bool {
        try await read { try Bool.fetchOne($0, sql: "SELECT EXISTS (SELECT 1 FROM task)") == true }
    }

    private static func mark(in database: Database) throws -> InstallationMark? {
        try String.fetchOne(database, sql: "SELECT mark FROM installation").map(InstallationMark.init(stored:))
    }
}
