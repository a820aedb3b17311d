import OpenAPI
import PixelFlowCore
import WireFormats

/// The body of a request for a new batch.
struct BatchRequest: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "BatchRequest"
    static let annotations: [String: SchemaAnnotation] = [
        "description": .init("For people; at most 256 bytes, without control characters.", ["maxLength": 256]),
        "priority": .init("The priority of its tasks, if an upload names none.", schema: .priority),
    ]

    private static let descriptionLimit = 256

    let description: String?
    let priority: Lane?

    /// - Throws: `invalid_value` with the name of the field.
    func batch(of principal: Principal, at now: Timestamp) throws(PixelFlowError) -> Batch {
        let description = description ?? ""
        guard description.utf8.count <= Self.descriptionLimit else {
            throw .invalid("description", "description must be at most \(Self.descriptionLimit) bytes long.")
        }
        try description.requireSingleLine("description")
        return Batch(
            id: .make(at: now), tenant: principal.tenant, owner: principal.user, description: description, lane: priority, createdAt: now)
    }
}

/// A batch in JSON.
struct BatchView: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "Batch"
    static let annotations: [String: SchemaAnnotation] = [
        "id": "Names the batch in uploads, lists and events.", "description": "For people.",
        "priority": .init("The priority of its tasks, if an upload names none; absent if it has none.", schema: .priority),
        "status": "`open` accepts tasks, `closed` does not, and `completed` is closed with all of its tasks ended.",
        "counts": "Its tasks by their status; absent in lists.", "created_at": .init("RFC 3339.", ["format": "date-time"]),
        "closed_at": .init("When it was closed.", ["format": "date-time"]),
        "completed_at": .init("When it was completed.", ["format": "date-time"]),
    ]

    let id: BatchID
    let description: String
    let priority: Lane?
    let status: Batch.State
    let counts: BatchCountsView?
    let createdAt: String
    let closedAt: String?
    let completedAt: String?

    init(_ batch: Batch, _ counts: BatchCounts? = nil) {
        id = batch.id
        description = batch.description
        priority = batch.lane
        status = batch.state
        self.counts = counts.map(BatchCountsView.init)
        createdAt = batch.createdAt.iso8601
        closedAt = batch.closedAt?.iso8601
        completedAt = batch.completedAt?.iso8601
    }

    enum CodingKeys: String, CodingKey {
        case id, description, priority, status, counts
        case createdAt = "created_at"
        case closedAt = "closed_at"
        case completedAt = "completed_at"
    }
}

/// The number of tasks by status, and their sum.
struct BatchCountsView: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "BatchCounts"
    static let annotations: [String: SchemaAnnotation] = [
        "total": .init("All that have not been deleted.", ["minimum": 0]), "pending": .init("PENDING.", ["minimum": 0]),
        "processing": .init("PROCESSING.", ["minimum": 0]), "completed": .init("COMPLETED.", ["minimum": 0]),
        "failed": .init("FAILED.", ["minimum": 0]), "cancelled": .init("CANCELLED.", ["minimum": 0]),
    ]

    private let counts: BatchCounts

    init(_ counts: BatchCounts) { self.counts = counts }

    private enum CodingKeys: CodingKey { case total }

    init(from decoder: any Decoder) throws {
        _ = try decoder.container(keyedBy: CodingKeys.self).decode(Int.self, forKey: .total)
        counts = try BatchCounts(from: decoder)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(counts.total, forKey: .total)
        try counts.encode(to: encoder)
    }
}

extension BatchView: ListedView {
    static let listName = "batches"
    static let pageSchemaName = "BatchList"
}

extension BatchID: SchemaDescribed {
    static let schema = TaskID.schema
    static let sample = BatchID(TaskID.sample.rawValue)
}
