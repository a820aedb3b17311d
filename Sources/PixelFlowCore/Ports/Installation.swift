/// Identifies the installation that a backend's data belongs to. The task database and the blob store have the same mark, so that
/// orphans are never determined by comparing backends of different installations.
package struct InstallationMark: Sendable, Hashable, Codable, LosslessStringConvertible {
    /// Random, generated at the first start of the installation.
    package let id: String
    /// Incremented with every sweep, first in the database: a database with a lower number than its blob store was restored from a
    /// backup. 0 until the blob store has the mark too.
    package var sweeps: Int

    package init(id: String = UUIDv7.make(), sweeps: Int = 0) {
        self.id = id
        self.sweeps = sweeps
    }

    /// Parses `ID.SWEEPS`.
    package init?(_ description: String) {
        let parts = description.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let sweeps = Int(parts[1]), sweeps >= 0, (1...64).contains(parts[0].utf8.count) else { return nil }
        self.init(id: String(parts[0]), sweeps: sweeps)
    }

    package var description: String { "\(id).\(sweeps)" }

    /// Parses a mark stored in a backend.
    package init(stored text: String) throws(UnreadableMarkError) {
        guard let mark = InstallationMark(text) else { throw UnreadableMarkError(text: text) }
        self = mark
    }
}

/// A stored mark that PixelFlow has not written.
package struct UnreadableMarkError: Error {
    package let text: String
}

/// A backend that stores the mark of its installation.
package protocol InstallationRecord: Sendable {
    /// Nil if there is none yet.
    func installationMark() async throws -> InstallationMark?
    /// Writes the mark durably if the current one is `old`. A blob store need not compare atomically, because the database decides.
    ///
    /// - Returns: whether the current mark was `old`.
    func setInstallationMark(_ mark: InstallationMark, replacing old: InstallationMark?) async throws -> Bool
    /// Whether there is any data besides the mark: a task, or an object of one.
    func holdsData() async throws -> Bool
}

/// Records task prefixes whose objects had no task document, and since when, so that nothing is removed after a single check.
package protocol OrphanMarkStore: Sendable {
    /// Records these prefixes with the current time of the store; those already recorded keep their time.
    func markOrphans(_ prefixes: [BlobKey]) async throws
    /// Removes the records of these prefixes.
    func clearOrphans(_ prefixes: [BlobKey]) async throws
    /// The recorded orphans after `previous`, sorted.
    func orphans(after previous: BlobKey?, limit: Int) async throws -> [OrphanMark]
    /// Whether `grace` has passed since `time`, by the store's own clock.
    func hasPassed(_ grace: Duration, since time: Timestamp) async throws -> Bool
}

/// A prefix whose objects had no task.
package struct OrphanMark: Sendable, Hashable {
    package var prefix: BlobKey
    /// When it was first found.
    package var since: Timestamp

    package init(prefix: BlobKey, since: Timestamp) {
        self.prefix = prefix
        self.since = since
    }
}

/// All roles of a task database.
package typealias TaskDatabase = TaskStore & PresetStore & UsageStore & EndedTaskStore & AuditOutbox & WebhookStore & BatchStore
    & OrphanMarkStore & InstallationRecord & ArchivableStore

/// All roles of an object store.
package typealias ObjectDatabase = BlobStore & InstallationRecord
