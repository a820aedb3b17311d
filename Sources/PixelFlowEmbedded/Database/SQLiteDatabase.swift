import Foundation
import GRDB
import PixelFlowCore

/// Opens SQLite files with PixelFlow's configuration.
enum SQLiteDatabase {
    /// Opens or creates the database at `path` in WAL mode, readable only by its owner.
    ///
    /// - Throws: `PixelFlowError` with the path of the file.
    static func open(path: String, migrations: DatabaseMigrator, readers: Int = 5) throws -> DatabasePool {
        do {
            try makePrivateFile(path)
            var configuration = Configuration()
            configuration.maximumReaderCount = readers
            configuration.busyMode = .timeout(5)
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -4000")
            }
            let pool = try DatabasePool(path: path, configuration: configuration)
            try migrate(pool, migrations)
            return pool
        } catch {
            throw PixelFlowError(
                .unavailable, code: "database_unusable", "The database \(path) cannot be opened.", retry: .outage, cause: error)
        }
    }

    /// Another process may be migrating simultaneously. Each migration is one transaction, so the process that
    /// loses the race finds it completed on its next attempt.
    private static func migrate(_ pool: DatabasePool, _ migrations: DatabaseMigrator, attempts: Int = 5) throws {
        do {
            try migrations.migrate(pool)
        } catch {
            guard attempts > 1 else { throw error }
            try migrate(pool, migrations, attempts: attempts - 1)
        }
    }

    private static func makePrivateFile(_ path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        guard !FileManager.default.fileExists(atPath: path) else { return }
        guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]) else {
            throw CocoaError(.fileWriteUnknown)
        }
    }
}
