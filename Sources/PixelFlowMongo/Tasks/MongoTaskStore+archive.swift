package import PixelFlowCore

/// A row is a BSON document. Documents are read page by page in the order of their ids, without a common snapshot: a task is
/// a single document, and usage is derived from the tasks.
extension MongoTaskStore: ArchivableStore {
    /// The restored collections, in this order.
    static let archivedCollections = [
        OrganisationDocument.collection, PresetDocument.collection, WebhookDocument.endpoints, BatchDocument.collection,
        auditCollection, TaskDocument.collection, WebhookDocument.deliveries,
    ]
    /// Specific to the installation; orphans are found again.
    static let unarchivedCollections = [installationCollection, orphanCollection]
    private static let restoreID = "restore"
    private static let id = TaskDocument.Name.id

    /// The schema stays at 1 until documents of an earlier release can no longer be read.
    package var archiveForm: ArchiveForm { ArchiveForm(name: "tasks in MongoDB", schema: 1) }

    package func archiveState() async throws -> ArchiveState {
        var (all, significant) = (0, 0)
        for collection in Self.archivedCollections {
            // Without a query, the server uses its metadata and reads no documents.
            let count = try await tasks.database.run(.archive, ["count": .string(collection)])["n"]?.int ?? 0
            all += count
            // Entries that are not in the audit log yet must outlive the data to which they refer.
            if collection != Self.auditCollection { significant += count }
        }
        return ArchiveState(rows: all, isEmpty: significant == 0, restoring: try await restoring())
    }

    package func archivedRows() -> ArchivedRows {
        ArchivedRows { [tasks] in
            var collections = Self.archivedCollections[...]
            var last: BSONValue?
            return {
                while let collection = collections.first {
                    let filter: BSONDocument = last.map { [Self.id: ["$gt": $0]] } ?? [:]
                    let documents = try await tasks.rows(
                        .archive, in: collection, where: filter, sort: [Self.id: 1], limit: ArchiveRow.page)
                    last = documents.last?[Self.id]
                    if last == nil {
                        collections.removeFirst()
                    } else {
                        return documents.map { ArchiveRow(table: collection, values: [.bytes($0.encoded())]) }
                    }
                }
                return nil
            }
        }
    }

    package func beginRestore(of backup: String) async throws {
        if try await archiveState().requireRoom(for: backup, holding: "tasks, presets, webhooks or quotas") { return }
        try await tasks.insertNew(
            .archive, into: Self.installationCollection, [[Self.id: .string(Self.restoreID), "backup": .string(backup)]])
        // Another restore may have started simultaneously.
        guard try await restoring() == backup else { throw PixelFlowError.restoreOfAnother }
    }

    package func restore(_ rows: [ArchiveRow], of backup: String) async throws {
        let documents = try rows.map(Self.document)
        guard try await restoring() == backup else { throw PixelFlowError.restoreNotBegun }
        for (collection, documents) in Dictionary(grouping: documents, by: \.collection) {
            try await insert(documents.map(\.document), into: collection)
        }
    }

    package func finishRestore(of backup: String) async throws {
        let mark: BSONDocument = [Self.id: .string(Self.restoreID), "backup": .string(backup)]
        let reply = try await tasks.database.run(
            .archive, .delete(from: Self.installationCollection, where: mark, tasks.database.commandTimeout))
        try reply.requireWritten()
    }

    package func restoring() async throws -> String? {
        try await tasks.rows(.archive, in: Self.installationCollection, where: [Self.id: .string(Self.restoreID)], limit: 1)
            .first?["backup"]?.string
    }

    private func insert(_ documents: [BSONDocument], into collection: String) async throws {
        let inserted = try await tasks.insertNew(.archive, into: collection, documents)
        guard inserted < documents.count else { return }
        let ids = documents.compactMap { $0[Self.id] }
        let present = try await tasks.rows(
            .archive, in: collection, where: [Self.id: ["$in": .array(ids)]], limit: ids.count, fields: [Self.id]
        ).compactMap { $0[Self.id] }
        let rest = documents.filter { document in document[Self.id].map { !present.contains($0) } ?? true }.map(Self.released)
        guard !rest.isEmpty, try await tasks.insertNew(.archive, into: collection, rest) < rest.count else { return }
        throw PixelFlowError.archiveRowConflict(collection)
    }

    /// The document without values that must be unique. While the backup was read, a task may have been deleted and another one created
    /// with its idempotency key, or a delivery may have ended and another one got its slot.
    private static func released(_ document: BSONDocument) -> BSONDocument {
        BSONDocument(
            document.fields.compactMap { field in
                switch field.name {
                case TaskDocument.Name.idempotencyKey: BSONDocument.Field(name: TaskDocument.Name.releasedKey, value: field.value)
                case WebhookDocument.Name.slot: nil
                default: field
                }
            })
    }

    private static func document(_ row: ArchiveRow) throws(PixelFlowError) -> (collection: String, document: BSONDocument) {
        guard archivedCollections.contains(row.table), row.values.count == 1, case .bytes(let bytes) = row.values[0] else {
            throw .archiveRowInvalid("There is no collection \(row.table) with such documents.")
        }
        let document: BSONDocument
        do {
            document = try bytes.withUnsafeBytes { try BSONDocument(decoding: $0) }
            guard document[id] != nil else { throw BSONError(description: "no id") }
        } catch {
            throw .archiveRowInvalid("A document of \(row.table) is not BSON.", cause: error)
        }
        for field in document.fields where !drawnNumbers.contains(field.name) {
            try requireNumbers(field.value, in: "\(row.table).\(field.name)")
        }
        if row.table == OrganisationDocument.collection, let limit = (try? OrganisationDocument(document))?.quota.outOfRange {
            throw .archiveRowInvalid("\(limit.rawValue) in \(row.table) is out of range.")
        }
        return (row.table, document)
    }

    /// Fields with any number, with which nothing is computed.
    private static let drawnNumbers: Set = [TaskDocument.Name.version, TaskDocument.Name.claim]

    private static func requireNumbers(_ value: BSONValue, in location: String) throws(PixelFlowError) {
        switch value {
        case .string, .bool, .null, .other: break
        case .int(let number): try ArchiveValue.requireNumber(number, in: location)
        case .double: try ArchiveValue.requireNumber(value.int64 ?? .max, in: location)
        case .array(let values): for value in values { try requireNumbers(value, in: location) }
        case .document(let document): for field in document.fields { try requireNumbers(field.value, in: location) }
        }
    }
}
