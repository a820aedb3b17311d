package import OpenAPI
package import PixelFlowCore
import WireFormats

/// What another process asks and tells the auth service.
package typealias IdentityService = IdentitySource & AuditSink & TaskMailDesk

/// The answer of `POST /task-digests/claim`.
package struct DigestRequests: Codable, Sendable, SchemaNamed, SchemaAnnotated {
    package static let schemaName = "DigestRequests"
    package static let annotations: [String: SchemaAnnotation] = [
        "digests": .init("At most \(DigestRequest.limit).", ["maxItems": .integer(DigestRequest.limit)])
    ]

    package let digests: [DigestRequest]

    package init(_ digests: [DigestRequest]) { self.digests = digests }
}

/// The body of `POST /task-digests`.
package struct TaskDigestDelivery: Codable, Sendable, SchemaNamed, SchemaAnnotated {
    package static let schemaName = "TaskDigestDelivery"
    package static let annotations = DigestRequests.annotations
    /// Bytes of a request; `DigestRequest.limit` digests whose texts are as long as they can be stay below it.
    package static let bodyLimit = 1 << 20

    package let digests: [TaskDigest]

    package init(_ digests: [TaskDigest]) { self.digests = digests }
}

/// The body of `POST /ended-batches`.
package struct EndedBatchDelivery: Codable, Sendable, SchemaNamed, SchemaAnnotated {
    package static let schemaName = "EndedBatchDelivery"
    package static let annotations: [String: SchemaAnnotation] = [
        "batches": .init("At most \(EndedBatch.limit).", ["maxItems": .integer(EndedBatch.limit)])
    ]

    package let batches: [EndedBatch]

    package init(_ batches: [EndedBatch]) { self.batches = batches }
}

private let fieldsOfSpan: [String: SchemaAnnotation] = [
    "from": "When the span begins, in microseconds since 1970.", "until": "When the span has ended, in microseconds since 1970.",
    "organisation": "Whose tasks.", "person": "The recipient's account.",
]

extension DigestRequest: SchemaAnnotated {
    package static let annotations = fieldsOfSpan.merging([
        "owners": "Whose tasks are the person's: the account, and the API keys that it has made."
    ]) { $1 }
}

extension TaskDigest: SchemaAnnotated {
    package static let annotations = fieldsOfSpan.merging(["ended": "What became of the tasks."]) { $1 }
}

extension EndedBatch: SchemaAnnotated {
    package static let annotations: [String: SchemaAnnotation] = [
        "id": "Names the batch.", "organisation": "Whose tasks.", "owner": "The account or the API key that has created it.",
        "description": "For people; empty if it has none.", "ended": "What became of the tasks.",
    ]
}

extension EndedTasks: SchemaAnnotated {
    package static let annotations: [String: SchemaAnnotation] = [
        "completed": "Tasks that were completed.", "failed": "Tasks that have failed.", "cancelled": "Tasks that were cancelled.",
        "failures": .init("The first that have failed.", ["maxItems": .integer(failuresShown)]),
    ]
}

extension EndedTasks.Failure: SchemaAnnotated {
    package static let annotations: [String: SchemaAnnotation] = [
        "task": "The id.", "name": "The file name or the URL; empty if the upload had no name.", "code": "Of the error.",
        "message": "Of the error, for people.",
    ]
}
