import PixelFlowCore

/// Reads required fields.
struct FieldsOfDocument {
    private let document: BSONDocument

    init(_ document: BSONDocument) { self.document = document }

    subscript(name: String) -> BSONValue? { document[name] }

    func string(_ name: String) throws(BSONError) -> String { try require(name, document[name]?.string) }
    func int(_ name: String) throws(BSONError) -> Int { try require(name, document[name]?.int) }
    func int64(_ name: String) throws(BSONError) -> Int64 { try require(name, document[name]?.int64) }
    func time(_ name: String) throws(BSONError) -> Timestamp { Timestamp(microseconds: try int64(name)) }
    func optionalTime(_ name: String) -> Timestamp? { document[name]?.int64.map(Timestamp.init(microseconds:)) }
    func status(_ name: String) throws(BSONError) -> TaskStatus { try require(name, TaskStatus(rawValue: try string(name))) }
    func fields(_ name: String) throws(BSONError) -> FieldsOfDocument { FieldsOfDocument(try require(name, document[name]?.document)) }

    func list(_ name: String) throws(BSONError) -> [FieldsOfDocument] {
        try require(name, document[name]?.array).compactMap(\.document).map(FieldsOfDocument.init)
    }

    func optional<Value>(_ name: String, _ read: (FieldsOfDocument) throws -> Value) rethrows -> Value? {
        try document[name]?.document.map { try read(FieldsOfDocument($0)) }
    }

    private func require<Value>(_ name: String, _ value: Value?) throws(BSONError) -> Value {
        guard let value else { throw BSONError(description: "a document without a proper \(name)") }
        return value
    }
}
