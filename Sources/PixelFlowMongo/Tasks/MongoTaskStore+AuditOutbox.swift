import Foundation
package import PixelFlowCore
import WireFormats

/// Entries are stored in the collection `audit_outbox`.
extension MongoTaskStore: AuditOutbox {
    static let auditCollection = "audit_outbox"

    package func addAudit(_ entry: AuditEntry) async throws {
        // If it is sent again after its response was lost, its own document is already there.
        try await tasks.insertNew(.audit, into: Self.auditCollection, [try AuditDocument.document(of: entry)])
    }

    package func settleAudit(_ entry: AuditEntry) async throws {
        let change: BSONDocument = [
            AuditDocument.Name.settled: true, AuditDocument.Name.action: .string(entry.action.rawValue),
            AuditDocument.Name.detail: .string(entry.detail),
        ]
        let statement = BSONDocument.statement(where: [AuditDocument.Name.id: .string(entry.id)], ["$set": .document(change)])
        try await tasks.update(.audit, in: Self.auditCollection, [statement])
    }

    package func undeliveredAudit(before time: Timestamp, limit: Int) async throws -> [UndeliveredAuditEntry] {
        let isOld: BSONValue = [AuditDocument.Name.at: ["$lt": .time(time)]]
        let isSettled: BSONValue = [AuditDocument.Name.settled: true]
        return try await tasks.unreadable.scan("audit", limit: limit) { (part: UnreadableRows.ScanPart<String>) in
            var filter: BSONDocument = ["$or": [isSettled, isOld]]
            filter[AuditDocument.Name.id] = part.after.map { ["$gt": .string($0)] }
            return try await tasks.rows(
                .audit, in: Self.auditCollection, where: filter, sort: [AuditDocument.Name.id: 1], limit: part.rows
            ).map { row in
                (row[AuditDocument.Name.id]?.string ?? "", tasks.unreadable.value(of: .audit) { try AuditDocument.entry(row) })
            }
        }
    }

    package func removeAudit(_ ids: [String]) async throws {
        try await tasks.deleteAll(.audit, in: Self.auditCollection, ids: ids.map(BSONValue.string))
    }

    package func auditBacklog() async throws -> Int {
        // Without a filter, the server counts from the collection's metadata.
        try await tasks.database.run(.audit, ["count": .string(Self.auditCollection)]).matched
    }
}

/// An audit entry as a document.
private enum AuditDocument {
    enum Name {
        static let id = "_id"
        static let organisation = "tenant"
        static let at = "at"
        static let actor = "actor"
        static let actorName = "actor_name"
        static let action = "action"
        static let target = "target"
        static let detail = "detail"
        static let address = "address"
        static let requestID = "request_id"
        static let settled = "settled"
        /// As JSON.
        static let quota = "quota"
    }

    static func document(of entry: AuditEntry) throws -> BSONDocument {
        var document: BSONDocument = [
            Name.id: .string(entry.id), Name.organisation: .string(entry.organisation.rawValue), Name.at: .time(entry.at),
            Name.actor: .string(entry.actor), Name.actorName: .string(entry.actorName), Name.action: .string(entry.action.rawValue),
            Name.target: .string(entry.target), Name.detail: .string(entry.detail), Name.address: .string(entry.address),
            Name.requestID: .string(entry.requestID), Name.settled: false,
        ]
        document[Name.quota] = try entry.quota.map {
            .string(String(decoding: try JSONStreamEncoder(sortsKeys: false).encode($0), as: UTF8.self))
        }
        return document
    }

    static func entry(_ document: BSONDocument) throws -> UndeliveredAuditEntry {
        let fields = FieldsOfDocument(document)
        guard let action = AuditAction(rawValue: try fields.string(Name.action)) else {
            throw BSONError(description: "an audit entry of an action that only a newer release knows")
        }
        let entry = AuditEntry(
            id: try fields.string(Name.id), organisation: TenantID(try fields.string(Name.organisation)), at: try fields.time(Name.at),
            actor: try fields.string(Name.actor), actorName: try fields.string(Name.actorName), action: action,
            target: try fields.string(Name.target), detail: try fields.string(Name.detail), address: try fields.string(Name.address),
            requestID: try fields.string(Name.requestID),
            quota: try fields[Name.quota]?.string.map { try JSONDecoder().decode(QuotaWarning.self, from: Data($0.utf8)) })
        return UndeliveredAuditEntry(entry, isSettled: fields[Name.settled]?.bool ?? false)
    }
}
