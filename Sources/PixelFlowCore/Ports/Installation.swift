/// Which installation a backend's data belongs to. The same mark stands in the task database and in the blob store, so that
/// neither is ever judged by the wrong other one.
package struct InstallationMark: Sendable, Hashable, Codable, LosslessStringConvertible {
    /// Drawn when the installation was started for the first time.
    package let id: String
    /// Grows with every sweep, in the database first: a database that is behind its blob store is an older one, from a
    /// backup. 0 until the blob store has the mark too.
    package var sweeps: Int

    package init(id: String = UUIDv7.make(), sweeps: Int = 0) {
        self.id = id
        self.sweeps = sweeps
    }

    /// Reads `ID.SWEEPS`.
    package init?(_ description: String) {
        let parts = description.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let sweeps = Int(parts[1]), sweeps >= 0, (1...64).contains(parts[0].utf8.count) else { return nil }
        self.init(id: String(parts[0]), sweeps: sweeps)
    }

    package var description: String { "\(id).\(sweeps)" }

    /// Reads a mark that a backend keeps.
    package init(stored text: String) throws(UnreadableMarkError) {
        guard let mark = InstallationMark(text) else { throw UnreadableMarkError(text: text) }
        self = mark
    }
}

/// A mark that PixelFlow has not written.
package struct UnreadableMarkError: Error {
    package let text: String
}

/// Keeps the mark of the installation that it belongs to.
package protocol InstallationRecord: Sendable {
    /// Nil if there is none yet.
    func installationMark() async throws -> InstallationMark?
    /// Writes the mark, durably, if it is still `old`. A blob store need not compare atomically: the database decides.
    ///
    /// - Returns: whether it was.
    func setInstallationMark(_ mark: InstallationMark, replacing old: InstallationMark?) async throws -> Bool
    /// Whether there is anything besides the mark: a task, or an object of one.
    func holdsData() async throws -> Bool
}

/// Remembers which tasks' objects no task document knew, and since when, so that nothing is removed on one look alone.
package protocol OrphanMarkStore: Sendable {
    /// Notes these prefixes; those that were noted before keep their time. By the store's own clock.
    func markOrphans(_ prefixes: [BlobKey]) async throws
    /// Forgets these prefixes.
    func clearOrphans(_ prefixes: [BlobKey]) async throws
    /// The recorded orphans after `previous`, sorted.
    func orphans(after previous: BlobKey?, limit: Int) async throws -> [OrphanMark]
    /// Whether a prefix that was noted at `time` has been so for `grace`, by the store's own clock.
    func hasPassed(_ grace: Duration, since time: Timestamp) async throws -> Bool
}

/// Objects that no task knew.
package struct OrphanMark: Sendable, Hashable {
    package var prefix: BlobKey
    /// When they were first found.
    package var since: Timestamp

    package init(prefix: BlobKey, since: Timestamp) {
        self.prefix = prefix
        self.since = since
    }
}

/// Everything that a task database keeps.
package typealias TaskDatabase = TaskStore & PresetStore & UsageStore & EndedTaskStore & AuditOutbox & WebhookStore & BatchStore
    & OrphanMarkStore & InstallationRecord & ArchivableStore

/// Everything that keeps objects.
package typealias ObjectDatabase = BlobStore & InstallationRecord
