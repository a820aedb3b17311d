package import OpenAPI
package import PixelFlowCore
import WireFormats

/// An entry of the audit log as JSON.
package struct AuditView: Codable, Sendable, SchemaNamed, SchemaAnnotated {
    package static let schemaName = "AuditEntry"
    package static let annotations: [String: SchemaAnnotation] = [
        "id": "The id of the entry; ids increase with time.", "at": .init("RFC 3339.", ["format": "date-time"]),
        "actor": "The id of the user or key; empty for an operator and for PixelFlow itself.",
        "actor_name": "The address of the user, the name of the key, `operator` or `pixelflow`.",
        "action": .init("The action.", schema: .choice(AuditAction.allCases.map(\.rawValue))),
        "target": "The id of the object of the action.", "detail": "Further details, for people.",
        "address": "Where the request came from.",
        "request_id": "Names the request in the logs.",
    ]

    package let id: String
    let at: String
    let actor: String
    let actorName: String
    let action: AuditAction
    let target: String
    let detail: String
    let address: String
    let requestID: String

    package init(_ entry: AuditEntry) {
        id = entry.id
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
        case id, at, actor, action, target, detail, address
        case actorName = "actor_name"
        case requestID = "request_id"
    }
}
