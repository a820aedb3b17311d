import Foundation
import PixelFlowCore
import WireFormats

/// A batch in the collection `batch`: the record as JSON text, and separate fields that commands search or compare.
enum BatchDocument {
    static let collection = "batch"

    enum Name {
        static let id = "_id"
        static let tenant = "tenant"
        static let due = "due"
        static let revision = "revision"
        /// False once the batch is completed; absent in documents that an earlier release wrote last.
        static let unfinished = "unfinished"
        static let document = "document"
    }

    static let indexes: [(collection: String, indexes: [BSONDocument])] = [
        (
            collection,
            [
                ["name": "batch_by_tenant", "key": [Name.tenant: 1, Name.id: 1]],
                ["name": "batch_by_due", "key": [Name.due: 1]],
                // Completed batches stay as long as they have tasks, so they are many, and the others few.
                [
                    "name": "batch_unfinished", "key": [Name.tenant: 1, Name.unfinished: 1],
                    "partialFilterExpression": [Name.unfinished: true],
                ],
            ]
        )
    ]

    static func filter(_ id: BatchID, _ tenant: TenantID) -> BSONDocument {
        [Name.id: .string(id.rawValue), Name.tenant: .string(tenant.rawValue)]
    }

    /// Finds the batch if it has not been changed.
    static func filter(_ batch: Batch, revision: Int) -> BSONDocument {
        var filter = filter(batch.id, batch.tenant)
        filter[Name.revision] = .int(revision)
        return filter
    }

    static func document(of batch: Batch) throws -> BSONDocument {
        var document = filter(batch.id, batch.tenant)
        for field in try state(of: batch).fields { document[field.name] = field.value }
        return document
    }

    /// The mutable fields.
    static func state(of batch: Batch) throws -> BSONDocument {
        let text = String(decoding: try JSONStreamEncoder(sortsKeys: false).encode(batch), as: UTF8.self)
        return [
            Name.due: .time(batch.due), Name.revision: .int(batch.revision), Name.unfinished: .bool(batch.state != .completed),
            Name.document: .string(text),
        ]
    }

    static func batch(_ document: BSONDocument) throws -> Batch {
        try JSONDecoder().decode(Batch.self, from: Data(try FieldsOfDocument(document).string(Name.document).utf8))
    }
}
