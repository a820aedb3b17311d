package import Logging
package import PixelFlowCore

/// Verifies that a task database and a blob store belong together, by comparing the installation mark stored in both.
///
/// A process that starts with the wrong database or bucket is stopped before it changes any object.
package struct InstallationCheck: Sendable {
    package static let adoptionSetting = Setting<String>.text(
        "PIXELFLOW_ADOPT_BLOB_STORE",
        help: "Lets the task database adopt a blob store of another installation or of a newer backup. The value is the mark named in "
            + "the refusal, or unmarked. It has no effect after the adoption.")

    package static let descriptions: [SettingDescription] = [adoptionSetting.description]

    /// Stands for a blob store that has objects but no mark.
    static let unmarked = "unmarked"

    private let database: any InstallationRecord
    private let objects: any InstallationRecord
    private let adopted: String
    let logger: Logger

    /// - Parameter adopted: the mark of the blob store to adopt, or `unmarked`; empty for none.
    package init(
        database: any InstallationRecord, objects: any InstallationRecord, adopted: String = "", logger: Logger
    ) {
        self.database = database
        self.objects = objects
        self.adopted = adopted
        self.logger = logger
    }

    /// - Throws: `setting_invalid`.
    package init(
        database: any InstallationRecord, objects: any InstallationRecord, settings: Settings, logger: Logger
    ) throws(PixelFlowError) {
        self.init(database: database, objects: objects, adopted: try settings[Self.adoptionSetting], logger: logger)
    }

    /// The result of the comparison.
    package enum Finding: Sendable, Hashable {
        case match(InstallationMark)
        /// The same installation, but the database is older than the blob store's last sweep: it was restored from a backup.
        case olderDatabase(InstallationMark, blobStore: InstallationMark)
    }

    /// Compares the marks, and writes them at the first start.
    ///
    /// - Throws: `installation_mismatch` if the two do not belong together; an outage if one of them does not respond.
    package func verify() async throws -> Finding {
        // If another replica writes a mark simultaneously, compare that one.
        for _ in 0..<Self.tries {
            if let finding = try await attempt() { return finding }
        }
        throw PixelFlowError.unavailable("task_database", cause: UnstableMarkError())
    }

    private static let tries = 10

    /// - Returns: nil if a mark has changed in the meantime.
    private func attempt() async throws -> Finding? {
        let known = try await database.installationMark()
        let found = try await objects.installationMark()
        if try await mayAdopt(found, known) { return try await adopt(found, known) }
        switch (known, found) {
        case (let known?, let found?):
            guard known.id == found.id else { throw Self.mismatch(known, found.description) }
            // The first start writes the mark of the blob store first: it was interrupted in between, or another replica is just there.
            if known.sweeps == 0, found.sweeps == 1 {
                return try await database.setInstallationMark(found, replacing: known) ? .match(found) : nil
            }
            return found.sweeps > known.sweeps ? .olderDatabase(known, blobStore: found) : .match(known)
        case (let known?, nil):
            // With 0 sweeps, an earlier start was interrupted here, or another replica is starting.
            if known.sweeps > 0, try await objects.holdsData() { throw Self.mismatch(known, Self.unmarked) }
            return try await mark(from: known)
        case (nil, let found?):
            if try await objects.holdsData() { throw Self.mismatch(nil, found.description) }
            return try await database.setInstallationMark(found, replacing: nil) ? .match(found) : nil
        case (nil, nil):
            // If the database has tasks, both were created by a release without marks.
            if try await objects.holdsData(), try await !database.holdsData() { throw Self.mismatch(nil, Self.unmarked) }
            let new = InstallationMark()
            guard try await database.setInstallationMark(new, replacing: nil) else { return nil }
            logger.notice("installation marked", metadata: ["installation": "\(new.id)"])
            return try await mark(from: new)
        }
    }

    /// Writes the database's mark to a blob store that has none, then records this in the database.
    private func mark(from known: InstallationMark) async throws -> Finding? {
        let next = InstallationMark(id: known.id, sweeps: known.sweeps + 1)
        guard try await objects.setInstallationMark(next, replacing: nil) else { return nil }
        return try await database.setInstallationMark(next, replacing: known) ? .match(next) : nil
    }

    // MARK: Taking over

    private func mayAdopt(_ found: InstallationMark?, _ known: InstallationMark?) async throws -> Bool {
        guard !adopted.isEmpty else { return false }
        guard let found else { return adopted == Self.unmarked ? try await objects.holdsData() : false }
        guard adopted == found.description else { return false }
        return known.map { $0.id != found.id || $0.sweeps < found.sweeps } ?? true
    }

    /// Replaces the mark of the blob store with that of the database, or with a new one.
    private func adopt(_ found: InstallationMark?, _ known: InstallationMark?) async throws -> Finding? {
        let next = InstallationMark(id: known?.id ?? UUIDv7.make(), sweeps: (known?.sweeps ?? 0) + 1)
        guard try await database.setInstallationMark(next, replacing: known),
            try await objects.setInstallationMark(next, replacing: found)
        else { return nil }
        logger.warning(
            "blob store adopted", metadata: ["blob_store": "\(found?.description ?? Self.unmarked)", "installation": "\(next)"])
        return .match(next)
    }

    /// Counts a sweep, in the database first.
    ///
    /// - Returns: false if another replica has counted one simultaneously.
    func countSweep(after mark: InstallationMark) async throws -> Bool {
        let next = InstallationMark(id: mark.id, sweeps: mark.sweeps + 1)
        guard try await database.setInstallationMark(next, replacing: mark) else { return false }
        return try await objects.setInstallationMark(next, replacing: try await objects.installationMark())
    }

    private static func mismatch(_ known: InstallationMark?, _ found: String) -> PixelFlowError {
        let database = known.map { "installation \($0.id)" } ?? "no installation"
        return PixelFlowError(
            .conflict, code: "installation_mismatch",
            """
            The task database belongs to \(database), but the blob store contains objects of another installation (\(found)). Correct \
            PIXELFLOW_TASK_DATABASE_URL or PIXELFLOW_BLOB_URL, or restore the database. Only to move these objects to this \
            database, start with \(adoptionSetting.description.name)=\(found).
            """)
    }
}

/// Replicas keep changing the marks between reading and writing them.
struct UnstableMarkError: Error {}
