import Foundation
import GRDB
import PixelFlowCore

/// Opens SQLite files with PixelFlow's configuration.
enum SQLiteDatabase {
    /// Bytes. A long backup lets the write-ahead log grow; without a limit, the file would keep that size.
    private static let journalLimit = 16 << 20

    /// Opens or creates the database at `path` in WAL mode, readable only by its owner.
    ///
    /// - Throws: `database_schema_newer` if a newer PixelFlow has migrated the database; otherwise `database_unusable`. Both name the file.
    static func open(path: String, migrations: DatabaseMigrator, readers: Int = 5) throws -> DatabasePool {
        do {
            try makePrivateFile(path)
            var configuration = Configuration()
            configuration.maximumReaderCount = readers
            configuration.busyMode = .timeout(5)
            configuration.prepareDatabase { database in
                try database.execute(
                    sql: """
                        PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -4000;
                        PRAGMA journal_size_limit = \(journalLimit)
                        """)
            }
            let pool = try DatabasePool(path: path, configuration: configuration)
            try requireKnownSchema(pool, migrations, path)
            try migrate(pool, migrations)
            return pool
        } catch let error as PixelFlowError {
            throw error
        } catch {
            throw PixelFlowError(
                .unavailable, code: "database_unusable", "The database \(path) cannot be opened.", retry: .outage, cause: error)
        }
    }

    /// This version would not know what the rows of a newer one mean.
    private static func requireKnownSchema(_ pool: DatabasePool, _ migrations: DatabaseMigrator, _ path: String) throws {
        let unknown = try pool.read { try migrations.appliedIdentifiers($0) }.subtracting(migrations.migrations).sorted()
        guard !unknown.isEmpty else { return }
        throw PixelFlowError(
            .unavailable, code: "database_schema_newer",
            "The database \(path) has been migrated by a newer PixelFlow (\(unknown.joined(separator: ", "))). Upgrade PixelFlow.",
            retry: .outage)
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
