package import OpenAPI
package import PixelFlowCore
import WireFormats

/// Audit entries of another service; the body of `POST /audit-entries`.
package struct AuditDelivery: Codable, Sendable, SchemaNamed, SchemaAnnotated {
    package static let schemaName = "AuditDelivery"
    package static let annotations: [String: SchemaAnnotation] = ["entries": .init("At most \(limit).", ["maxItems": .integer(limit)])]

    /// Entries of one request.
    package static let limit = 100
    /// Bytes of a request; `limit` entries whose texts are as long as `AuditRecorder` allows stay below it.
    package static let bodyLimit = 1 << 20

    package let entries: [Entry]

    package init(_ entries: [AuditEntry]) { self.entries = entries.map(Entry.init) }

    /// One entry on the wire.
    package struct Entry: Codable, Sendable, SchemaAnnotated {
        package static let annotations: [String: SchemaAnnotation] = [
            "id": .init("A UUIDv7. An entry whose id the log has is left as it is.", ["format": "uuid"]),
            "organisation": "The organisation whose log it is for.", "at": .init("RFC 3339.", ["format": "date-time"]),
            "actor": "The id of the user or key; empty for an operator and for PixelFlow itself.",
            "actor_name": "The address of the user, the name of the key, `operator` or `pixelflow`.",
            "action": .init("What was done.", schema: .choice(AuditAction.allCases.map(\.rawValue))),
            "target": "The id of what it was done to.", "detail": "More, for people.", "address": "Where the request came from.",
            "request_id": "Names the request in the logs.",
        ]

        let id: String
        let organisation: String
        let at: String
        let actor: String
        let actorName: String
        let action: AuditAction
        let target: String
        let detail: String
        let address: String
        let requestID: String

        init(_ entry: AuditEntry) {
            id = entry.id
            organisation = entry.organisation.rawValue
            at = entry.at.iso8601
            actor = entry.actor
            actorName = entry.actorName
            action = entry.action
            target = entry.target
            detail = entry.detail
            address = entry.address
            requestID = entry.requestID
        }

        enum CodingKeys: String, CodingKey {
            case id, organisation, at, actor, action, target, detail, address
            case actorName = "actor_name"
            case requestID = "request_id"
        }

        /// - Throws: `invalid_value` (422) for an id or a time that is none.
        package func entry() throws(PixelFlowError) -> AuditEntry {
            guard UUIDv7.isCanonical(id) else { throw .invalid("id", "The id of an entry must be a UUID.") }
            guard let at = Timestamp(iso8601: at) else { throw .invalid("at", "The time of an entry must be as in 2026-01-31T08:00:00Z.") }
            return AuditEntry(
                id: id, organisation: TenantID(organisation), at: at, actor: actor, actorName: actorName, action: action, target: target,
                detail: detail, address: address, requestID: requestID)
        }
    }
}
