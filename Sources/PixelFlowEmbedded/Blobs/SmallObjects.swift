import Foundation
import GRDB
import NIOCore
import PixelFlowCore

/// Small objects in the task database.
///
/// A file costs two syncs, and a new folder one more, which takes longer than rendering a thumbnail.
/// In the write-ahead log of the task database, an object needs no sync of its own: the commit that
/// accepts or completes its task follows in the same log and syncs both.
struct SmallObjects: Sendable {
    let store: SQLiteTaskStore

    func write(_ path: BlobPath, _ bytes: ByteBuffer) async throws {
        let data = Data(bytes.readableBytesView)
        try await store.write(.process) { transaction in
            try transaction.database.cachedStatement(sql: "INSERT OR REPLACE INTO object (prefix, name, bytes) VALUES (?, ?, ?)")
                .execute(arguments: [path.folder, path.name, data])
        }
    }

    func read(_ path: BlobPath) async throws -> ByteBuffer? {
        try await store.select(for: path.tenant) { database in
            let statement = try database.cachedStatement(sql: "SELECT bytes FROM object WHERE prefix = ? AND name = ?")
            return try Data.fetchOne(statement, arguments: [path.folder, path.name])
        } decode: {
            $0.map { ByteBuffer(bytes: $0) }
        }
    }

    func remove(_ path: BlobPath) async throws {
        let (condition, arguments) = Self.below(path)
        // Check first: large objects are removed by the same calls, and a write costs more than a read.
        let isThere = try await store.read { database in
            try Bool.fetchOne(
                database.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM object WHERE \(condition))"), arguments: arguments)
        }
        guard isThere == true else { return }
        try await store.write(.process) { transaction in
            try transaction.database.cachedStatement(sql: "DELETE FROM object WHERE \(condition)").execute(arguments: arguments)
        }
    }

    func keys(_ path: BlobPath) async throws -> [BlobKey] {
        let (condition, arguments) = Self.below(path)
        return try await store.read { database in
            try String.fetchAll(
                database.cachedStatement(sql: "SELECT prefix || '/' || name FROM object WHERE \(condition)"), arguments: arguments
            ).map { BlobKey(rawValue: $0) }
        }
    }

    func taskPrefixes(after previous: BlobKey?, limit: Int) async throws -> [BlobKey] {
        let previous = previous?.rawValue ?? ""
        return try await store.read { database in
            try String.fetchAll(
                database, sql: "SELECT DISTINCT prefix FROM object WHERE prefix > ? ORDER BY prefix LIMIT ?", arguments: [previous, limit]
            ).map { BlobKey(rawValue: $0) }
        }
    }

    /// Matches objects at or below a prefix. The character after the slash is the digit zero.
    private static func below(_ path: BlobPath) -> (condition: String, arguments: StatementArguments) {
        if path.file.isEmpty {
            let prefix = path.folder
            return ("prefix = ? OR (prefix >= ? AND prefix < ?)", [prefix, prefix + "/", prefix + "0"])
        }
        return (
            "prefix = ? AND (name = ? OR (name >= ? AND name < ?))",
            [path.folder, path.name, path.name + "/", path.name + "0"]
        )
    }
}
