package import OpenAPI
package import PixelFlowCore
import WireFormats

/// Audit entries of another service; the body of `POST /audit-entries`.
package struct AuditDelivery: Codable, Sendable, SchemaOpen, SchemaNamed, SchemaAnnotated {
    package static let schemaName = "AuditDelivery"
    package static let annotations: [String: SchemaAnnotation] = ["entries": .init("At most \(limit).", ["maxItems": .integer(limit)])]

    /// Maximum number of entries per request.
    package static let limit = 100
    /// In bytes; `limit` entries with the longest texts that `AuditRecorder` allows are smaller.
    package static let bodyLimit = 1 << 20

    package let entries: [Entry]

    package init(_ entries: [AuditEntry]) { self.entries = entries.map(Entry.init) }

    /// An entry, and the organisation whose log it belongs to.
    package struct Entry: Codable, Sendable, SchemaAnnotated {
        package static let annotations = AuditView.annotations.merging([
            "id": .init("A UUIDv7. An entry whose id is already in the log is ignored.", ["format": "uuid"]),
            "organisation": "The organisation whose log it is for.", "quota": "The details of an entry about a quota.",
        ]) { $1 }

        private let organisation: String
        private let quota: QuotaWarning?
        private let view: AuditView

        init(_ entry: AuditEntry) {
            organisation = entry.organisation.rawValue
            quota = entry.quota
            view = AuditView(entry)
        }

        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            organisation = try container.decode(String.self, forKey: .organisation)
            quota = try container.decodeIfPresent(QuotaWarning.self, forKey: .quota)
            view = try AuditView(from: decoder)
        }

        package func encode(to encoder: any Encoder) throws {
            try view.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(organisation, forKey: .organisation)
            try container.encodeIfPresent(quota, forKey: .quota)
        }

        private enum CodingKeys: String, CodingKey { case organisation, quota }

        /// - Throws: `invalid_value` (422) for an invalid id or time.
        package func entry() throws(PixelFlowError) -> AuditEntry {
            guard UUIDv7.isCanonical(view.id) else { throw .invalid("id", "The id of an entry must be a UUID.") }
            guard let at = Timestamp(iso8601: view.at) else {
                throw .invalid("at", "The time of an entry must have the form 2026-01-31T08:00:00Z.")
            }
            return AuditEntry(
                id: view.id, organisation: TenantID(organisation), at: at, actor: view.actor, actorName: view.actorName,
                action: view.action, target: view.target, detail: view.detail, address: view.address, requestID: view.requestID,
                quota: quota)
        }
    }
}
