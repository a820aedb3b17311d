/// A store whose rows can be taken out as they are, and put into an empty store of the same form: a backup and its restore.
///
/// Nothing is left out but what belongs to the store itself, such as the mark of its installation. Leases are rows like others: whoever
/// held one is not there after a restore, and the ordinary rule takes it back once it has expired.
package protocol ArchivableStore: RestoreMark {
    /// What rows look like. They can be put only into a store of an equal form.
    var archiveForm: ArchiveForm { get }
    /// Whether rows can be put into the store, and how many there are.
    ///
    /// - Throws: `PixelFlowError` with `retry == .outage` if the store does not answer.
    func archiveState() async throws -> ArchiveState
    /// Every row, in pages of at most `ArchiveRow.page`. A store that has transactions over all rows reads one state.
    func archivedRows() -> ArchivedRows
    /// Makes the store take the rows of a backup. Doing so again for the same backup changes nothing, so that an interrupted restore
    /// can go on.
    ///
    /// - Parameter backup: the id of the backup, by which the store knows it again.
    /// - Throws: `restore_not_empty` if it holds anything, `restore_of_another` while another backup is being restored.
    func beginRestore(of backup: String) async throws
    /// Adds rows, durably and all or none; rows that are there already are the same.
    ///
    /// - Throws: `restore_not_begun`; `archive_row_invalid` for rows of another form.
    func restore(_ rows: [ArchiveRow], of backup: String) async throws
    /// Ends a restore: from now on the store holds what any other holds. Nothing happens if none is under way.
    func finishRestore(of backup: String) async throws
}

/// Says whether a store is being filled from a backup: what follows from rows that have yet to come is not done meanwhile.
package protocol RestoreMark: Sendable {
    /// The backup that is being restored; nil if none is. Cheap: it is asked for each object of a restore.
    func restoring() async throws -> String?
}

/// What the rows of a store look like.
package struct ArchiveForm: Sendable, Hashable, Codable {
    /// `accounts`, `tasks in SQLite`, `tasks in MongoDB`.
    package let name: String
    /// Grows with every change of the tables or documents.
    package let schema: Int

    package init(name: String, schema: Int) {
        self.name = name
        self.schema = schema
    }
}

/// How full a store is.
package struct ArchiveState: Sendable, Hashable {
    package let rows: Int
    /// Whether it holds nothing that a restore would mix with: what a service writes by itself at its first start does not count.
    package let isEmpty: Bool
    /// The backup that is being restored.
    package let restoring: String?

    package init(rows: Int, isEmpty: Bool, restoring: String?) {
        self.rows = rows
        self.isEmpty = isEmpty
        self.restoring = restoring
    }

    /// - Returns: whether the restore of `backup` has begun before.
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

    package static func archiveRowInvalid(_ message: String, cause: (any Error)? = nil) -> PixelFlowError {
        PixelFlowError(.invalid, code: "archive_row_invalid", message, cause: cause)
    }
}
