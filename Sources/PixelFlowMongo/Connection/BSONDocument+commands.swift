import PixelFlowCore
import WireFormats

/// The MongoDB commands that this module uses.
extension BSONDocument {
    /// Writes that must be durable wait for the journals of a majority.
    static func writeConcern(_ timeout: Duration) -> BSONValue {
        ["w": "majority", "j": true, "wtimeout": serverLimit(timeout)]
    }

    /// How long the server may take for a command, in milliseconds. It times out first, so that its response arrives in time: otherwise a
    /// slow command would count as a broken connection.
    static func serverLimit(_ timeout: Duration) -> BSONValue { .int(timeout.microseconds / 1000 * 4 / 5) }

    static func insert(into collection: String, _ documents: [BSONDocument], _ timeout: Duration) -> BSONDocument {
        [
            "insert": .string(collection), "ordered": false, "writeConcern": writeConcern(timeout),
            "documents": .array(documents.map(BSONValue.document)),
        ]
    }

    static func update(_ collection: String, _ statements: [BSONDocument], _ timeout: Duration) -> BSONDocument {
        [
            "update": .string(collection), "ordered": false, "writeConcern": writeConcern(timeout),
            "updates": .array(statements.map(BSONValue.document)),
        ]
    }

    /// A statement of the `update` command.
    static func statement(where filter: BSONDocument, _ change: BSONDocument, upsert: Bool = false) -> BSONDocument {
        var statement: BSONDocument = ["q": .document(filter), "u": .document(change)]
        if upsert { statement["upsert"] = true }
        return statement
    }

    /// A statement that changes all documents that match the filter, by stages that can use the values of the document.
    static func statementForAll(where filter: BSONDocument, _ stages: [BSONDocument]) -> BSONDocument {
        ["q": .document(filter), "u": .array(stages.map(BSONValue.document)), "multi": true]
    }

    static func delete(from collection: String, where filter: BSONDocument, _ timeout: Duration) -> BSONDocument {
        [
            "delete": .string(collection), "writeConcern": writeConcern(timeout),
            "deletes": [["q": .document(filter), "limit": 1]],
        ]
    }

    /// Deletes all documents that match the filter.
    static func deleteAll(from collection: String, where filter: BSONDocument, _ timeout: Duration) -> BSONDocument {
        [
            "delete": .string(collection), "writeConcern": writeConcern(timeout),
            "deletes": [["q": .document(filter), "limit": 0]],
        ]
    }

    /// Reads data confirmed by a majority, so that nothing is reported or removed that a failover could roll back.
    static func find(
        in collection: String, where filter: BSONDocument, sort: BSONDocument? = nil, skip: Int? = nil, limit: Int,
        fields: [String]? = nil, _ timeout: Duration
    ) -> BSONDocument {
        var command: BSONDocument = ["find": .string(collection), "filter": .document(filter)]
        command["sort"] = sort.map(BSONValue.document)
        command["projection"] = fields.map { .document(BSONDocument($0.map { Field(name: $0, value: 1) })) }
        command["skip"] = skip.map(BSONValue.int)
        command["limit"] = .int(limit)
        command["batchSize"] = .int(limit)
        command["readConcern"] = ["level": "majority"]
        command["maxTimeMS"] = serverLimit(timeout)
        return command
    }

    static func aggregate(_ collection: String, _ stages: [BSONDocument], _ timeout: Duration) -> BSONDocument {
        [
            "aggregate": .string(collection), "pipeline": .array(stages.map(BSONValue.document)), "cursor": [:],
            "readConcern": ["level": "majority"], "maxTimeMS": serverLimit(timeout),
        ]
    }
}

/// Reads the responses.
extension BSONDocument {
    static let duplicateKey = 11000

    /// The number of documents that a write has matched.
    var matched: Int { self["n"]?.int ?? 0 }

    /// - Parameter besideDuplicates: whether duplicate-key errors are ignored.
    /// - Throws: `PixelFlowError` with `retry == .outage` if a statement of a write has failed.
    func requireWritten(besideDuplicates: Bool = false) throws(PixelFlowError) {
        guard let refused = writeErrors.first(where: { !besideDuplicates || $0.code != Self.duplicateKey }) else { return }
        throw PixelFlowError.unavailable(MongoDatabase.backend, cause: refused.failure)
    }

    /// The failed statements of a write, by index.
    var writeErrors: [(index: Int, code: Int, failure: MongoError)] {
        (self["writeErrors"]?.array ?? []).compactMap(\.document).map { error in
            let code = error["code"]?.int ?? 0
            let message = error["errmsg"]?.string ?? "a write was refused"
            return (error["index"]?.int ?? 0, code, MongoError(kind: .server, code: UInt32(clamping: code), message: message))
        }
    }
}
