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

    func write(_ place: BlobPath, _ bytes: ByteBuffer) async throws {
        let data = Data(bytes.readableBytesView)
        try await store.write(.process) { transaction in
            try transaction.database.cachedStatement(sql: "INSERT OR REPLACE INTO object (prefix, name, bytes) VALUES (?, ?, ?)")
                .execute(arguments: [place.folder, place.name, data])
        }
    }

    func read(_ place: BlobPath) async throws -> ByteBuffer? {
        try await store.select(for: place.tenant) { database in
            let statement = try database.cachedStatement(sql: "SELECT bytes FROM object WHERE prefix = ? AND name = ?")
            return try Data.fetchOne(statement, arguments: [place.folder, place.name])
        } decode: {
            $0.map { ByteBuffer(bytes: $0) }
        }
    }

    func remove(_ place: BlobPath) async throws {
        let (condition, arguments) = Self.below(place)
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

    func keys(_ place: BlobPath) async throws -> [BlobKey] {
        let (condition, arguments) = Self.below(place)
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
    private static func below(_ place: BlobPath) -> (condition: String, arguments: StatementArguments) {
        if place.file.isEmpty {
            let prefix = place.folder
            return ("prefix = ? OR (prefix >= ? AND prefix < ?)", [prefix, prefix + "/", prefix + "0"])
        }
        return (
            "prefix = ? AND (name = ? OR (name >= ? AND name < ?))",
            [place.folder, place.name, place.name + "/", place.name + "0"]
        )
    }
}
