package import OpenAPI
package import PixelFlowCore
import WireFormats

/// The interface of the auth service for other services.
package typealias IdentityService = IdentitySource & AuditSink & TaskMailDesk

/// The response of `POST /task-digests/claim`.
package struct DigestRequests: Codable, Sendable, SchemaNamed, SchemaAnnotated {
    package static let schemaName = "DigestRequests"
    package static let annotations: [String: SchemaAnnotation] = [
        "digests": .init("At most \(DigestRequest.limit).", ["maxItems": .integer(DigestRequest.limit)])
    ]

    package let digests: [DigestRequest]

    package init(_ digests: [DigestRequest]) { self.digests = digests }
}

/// The body of `POST /task-digests`.
package struct TaskDigestDelivery: Codable, Sendable, SchemaOpen, SchemaNamed, SchemaAnnotated {
    package static let schemaName = "TaskDigestDelivery"
    package static let annotations = DigestRequests.annotations
    /// In bytes; `DigestRequest.limit` digests with the longest possible texts are smaller.
    package static let bodyLimit = 1 << 20

    package let digests: [TaskDigest]

    package init(_ digests: [TaskDigest]) { self.digests = digests }
}

/// The body of `POST /ended-batches`.
package struct EndedBatchDelivery: Codable, Sendable, SchemaOpen, SchemaNamed, SchemaAnnotated {
    package static let schemaName = "EndedBatchDelivery"
    package static let annotations: [String: SchemaAnnotation] = [
        "batches": .init("At most \(EndedBatch.limit).", ["maxItems": .integer(EndedBatch.limit)])
    ]

    package let batches: [EndedBatch]

    package init(_ batches: [EndedBatch]) { self.batches = batches }
}

private let fieldsOfSpan: [String: SchemaAnnotation] = [
    "from": "When the span begins, in microseconds since 1970.", "until": "When the span has ended, in microseconds since 1970.",
    "organisation": "The organisation of the tasks.", "person": "The recipient's account.",
]

extension DigestRequest: SchemaAnnotated {
    package static let annotations = fieldsOfSpan.merging([
        "owners": "The owners of the recipient's tasks: the account, and the API keys that it has created."
    ]) { $1 }
}

extension TaskDigest: SchemaAnnotated {
    package static let annotations = fieldsOfSpan.merging(["ended": "How the tasks ended."]) { $1 }
}

extension EndedBatch: SchemaAnnotated {
    package static let annotations: [String: SchemaAnnotation] = [
        "id": "Names the batch.", "organisation": "The organisation of the tasks.",
        "owner": "The account or the API key that has created it.",
        "description": "For people; empty if it has none.", "ended": "How the tasks ended.",
    ]
}

extension EndedTasks: SchemaAnnotated {
    package static let annotations: [String: SchemaAnnotation] = [
        "completed": "Completed tasks.", "failed": "Failed tasks.", "cancelled": "Cancelled tasks.",
        "failures": .init("The first failed tasks.", ["maxItems": .integer(failuresShown)]),
    ]
}

extension EndedTasks.Failure: SchemaAnnotated {
    package static let annotations: [String: SchemaAnnotation] = [
        "task": "The id.", "name": "The file name or the URL; empty if the upload had no name.", "code": "The error code.",
        "message": "The error message.",
    ]
}
