package import PixelFlowCore

/// Orphans in the collection `orphan`: the prefix as `_id`, and the time of their discovery.
extension MongoTaskStore: OrphanMarkStore {
    static let orphanCollection = "orphan"

    package func markOrphans(_ prefixes: [BlobKey]) async throws {
        guard !prefixes.isEmpty else { return }
        let since = try await tasks.clock.read().latest
        let statements = prefixes.map { prefix in
            BSONDocument.statement(
                where: ["_id": .string(prefix.rawValue)], ["$setOnInsert": ["since": .time(since)]], upsert: true)
        }
        let reply = try await tasks.database.run(
            .orphans, .update(Self.orphanCollection, statements, tasks.database.commandTimeout))
        // Another replica may have recorded it simultaneously.
        try reply.requireWritten(besideDuplicates: true)
    }

    package func clearOrphans(_ prefixes: [BlobKey]) async throws {
        try await tasks.deleteAll(.orphans, in: Self.orphanCollection, ids: prefixes.map { .string($0.rawValue) })
    }

    package func orphans(after previous: BlobKey?, limit: Int) async throws -> [OrphanMark] {
        try await tasks.rows(
            .orphans, in: Self.orphanCollection, where: ["_id": ["$gt": .string(previous?.rawValue ?? "")]], sort: ["_id": 1],
            limit: limit
        ).compactMap { row in
            guard let prefix = row["_id"]?.string, let since = row["since"]?.int64 else { return nil }
            return OrphanMark(prefix: BlobKey(rawValue: prefix), since: Timestamp(microseconds: since))
        }
    }

    package func hasPassed(_ grace: Duration, since time: Timestamp) async throws -> Bool {
        try await tasks.clock.read().earliest - time >= grace
    }
}

/// The mark is the only document of the collection `installation`.
extension MongoTaskStore: InstallationRecord {
    static let installationCollection = "installation"
    private static let markID = "mark"

    package func installationMark() async throws -> InstallationMark? {
        let row = try await tasks.rows(
            .installation, in: Self.installationCollection, where: ["_id": .string(Self.markID)], limit: 1
        ).first
        guard let text = row?["mark"]?.string else { return nil }
        do throws(UnreadableMarkError) {
            return try InstallationMark(stored: text)
        } catch {
            throw PixelFlowError.unavailable(MongoDatabase.backend, cause: error)
        }
    }

    /// If it is repeated after its response was lost, it finds the mark that it has set itself.
    package func setInstallationMark(_ mark: InstallationMark, replacing old: InstallationMark?) async throws -> Bool {
        let set: BSONDocument = ["mark": .string(mark.description)]
        if let old {
            let statement = BSONDocument.statement(
                where: ["_id": .string(Self.markID), "mark": .string(old.description)], ["$set": .document(set)])
            let reply = try await tasks.database.run(
                .installation, .update(Self.installationCollection, [statement], tasks.database.commandTimeout))
            if reply.matched == 1 { return true }
            return try await installationMark() == mark
        }
        var document: BSONDocument = ["_id": .string(Self.markID)]
        document["mark"] = .string(mark.description)
        let reply = try await tasks.database.run(
            .installation, .insert(into: Self.installationCollection, [document], tasks.database.commandTimeout))
        if reply.writeErrors.isEmpty { return true }
        try reply.requireWritten(besideDuplicates: true)
        return try await installationMark() == mark
    }

    package func holdsData() async throws -> Bool {
        try await !tasks.rows(.installation, where: [:], limit: 1, fields: [TaskDocument.Name.id]).isEmpty
    }
}
