/// A store whose rows can be exported unchanged and imported into an empty store with the same format: backup and restore.
///
/// Only data that belongs to the store itself, such as its installation mark, is excluded. Leases are ordinary rows: after a restore
/// their holders do not exist, so the leases expire.
package protocol ArchivableStore: RestoreMark {
    /// The format of rows. They can be restored only into a store with the same format.
    var archiveForm: ArchiveForm { get }
    /// Whether the store can be restored into, and how many rows it has.
    ///
    /// - Throws: `PixelFlowError` with `retry == .outage` if the store does not respond.
    func archiveState() async throws -> ArchiveState
    /// All rows, in pages of at most `ArchiveRow.page`. A store with transactions over all rows returns a consistent snapshot.
    func archivedRows() -> ArchivedRows
    /// Makes the store accept the rows of a backup. Repeating this for the same backup changes nothing, so that an interrupted restore
    /// can continue.
    ///
    /// - Parameter backup: the id of the backup, by which the store recognises it.
    /// - Throws: `restore_not_empty` if the store contains data, `restore_of_another` if another backup is being restored.
    func beginRestore(of backup: String) async throws
    /// Adds rows durably and atomically; ignores rows that exist, because they are equal.
    ///
    /// - Throws: `restore_not_begun`; `archive_row_invalid` for rows in another format; `archive_row_conflict` for a row that has a unique
    ///   value of another one.
    func restore(_ rows: [ArchiveRow], of backup: String) async throws
    /// Ends a restore: from now on, the store is an ordinary one. Does nothing if there is no restore.
    func finishRestore(of backup: String) async throws
}

/// Reports whether a store is being restored, during which work that depends on missing rows must not be done.
package protocol RestoreMark: Sendable {
    /// The id of the backup that is being restored; nil if there is none. Cheap, because it is called for each object of a restore.
    func restoring() async throws -> String?
}

/// The format of a store's rows.
package struct ArchiveForm: Sendable, Hashable, Codable {
    /// `accounts`, `tasks in SQLite`, `tasks in MongoDB`.
    package let name: String
    /// The schema version.
    package let schema: Int

    package init(name: String, schema: Int) {
        self.name = name
        self.schema = schema
    }
}

/// The state of a store in view of a restore.
package struct ArchiveState: Sendable, Hashable {
    package let rows: Int
    /// Whether it has no data that would mix with a restore; what a service writes at its first start does not count.
    package let isEmpty: Bool
    /// The id of the backup that is being restored.
    package let restoring: String?

    package init(rows: Int, isEmpty: Bool, restoring: String?) {
        self.rows = rows
        self.isEmpty = isEmpty
        self.restoring = restoring
    }

    /// - Returns: whether the restore of `backup` has already begun.
    /// - Throws: `restore_not_empty`, `restore_of_another`.
    package func requireRoom(for backup: String, holding what: String) throws(PixelFlowError) -> Bool {
        if restoring == backup { return true }
        guard restoring == nil else { throw .restoreOfAnother }
        guard isEmpty else {
            throw PixelFlowError(
                .conflict, code: "restore_not_empty",
                "The installation holds \(what): a backup can be restored only into an empty one.")
        }
        return false
    }
}

extension PixelFlowError {
    package static let restoreOfAnother = PixelFlowError(
        .conflict, code: "restore_of_another", "Another backup is being restored; continue with that one, or start with empty databases.")
    package static let restoreNotBegun = PixelFlowError(
        .conflict, code: "restore_not_begun", "No restore of this backup is under way.")

    /// - Parameter constraint: what must be unique, by the name that the database has for it.
    package static func archiveRowConflict(
        _ table: String, _ constraint: String? = nil, cause: (any Error)? = nil
    ) -> PixelFlowError {
        let name = constraint.map { " (\($0))" } ?? ""
        return PixelFlowError(
            .conflict, code: "archive_row_conflict",
            "A row of \(table) has a value that another row has and that must be unique\(name): the rows are not those of one backup.",
            cause: cause)
    }

    /// For a snapshot that has been read for `ArchivedRows.snapshotLimit`.
    package static let archiveTooSlow = PixelFlowError(
        .unavailable, code: "archive_interrupted", "The rows were not read within an hour; start again, with a faster connection.",
        retry: .outage, retryAfter: 1)

    package static func archiveRowInvalid(_ message: String, cause: (any Error)? = nil) -> PixelFlowError {
        PixelFlowError(.invalid, code: "archive_row_invalid", message, cause: cause)
    }
}
