package import OpenAPI
package import PixelFlowCore
import WireFormats

/// Serves the queries of credential verifiers: the auth service, or the same process.
package protocol IdentitySource: Sendable {
    /// The rights of an API key. The key must be well-formed.
    ///
    /// - Throws: `PixelFlowError` with `retry == .outage` if auth is unreachable.
    func introspect(key: String) async throws -> KeyIntrospection
    /// The revocations after a sequence number, in ascending order; one page if there are many.
    ///
    /// - Throws: as `introspect`.
    func revocations(after sequence: Int64) async throws -> RevocationPage
    /// Organisations that were deleted and can no longer be restored, in the order of their deletion. Their data must be deleted.
    ///
    /// - Parameter position: the `next` of the previous page; 0 for the first page.
    /// - Throws: as `introspect`.
    func deletedOrganisations(after position: Int64) async throws -> DeletedOrganisations
}

/// The response of `GET /deleted-organisations`.
package struct DeletedOrganisations: Codable, Sendable, SchemaNamed, SchemaAnnotated {
    package static let schemaName = "DeletedOrganisations"
    package static let annotations: [String: SchemaAnnotation] = [
        "organisations": "Their ids, in the order of their deletion.", "next": "The value of `after` for the next request.",
        "more": "Whether there are more.",
    ]

    package var organisations: [String]
    package var next: Int64
    package var more: Bool

    package init(organisations: [String], next: Int64, more: Bool) {
        self.organisations = organisations
        self.next = next
        self.more = more
    }
}

/// The rights of an API key; the response of `POST /introspect` (modelled on RFC 7662).
package struct KeyIntrospection: Codable, Sendable, Hashable, SchemaNamed, SchemaAnnotated {
    package static let schemaName = "KeyIntrospection"
    package static let annotations: [String: SchemaAnnotation] = [
        "active": "Whether the key may be used. If not, no other field is present.", "key_id": "The id of the key.",
        "name": "Its name, for people.",
        "tenant": "The organisation of the key.", "scope": "Scopes, separated by spaces.",
        "expires_at": .init("RFC 3339; absent for a key that does not expire.", ["format": "date-time"]),
        "networks": "Networks in CIDR notation from which the key may be used; any if there is none.",
        "priority": .init(
            "The priority of tasks for which neither the upload nor its preset names one; absent for `normal`.",
            schema: .choice(Lane.allCases.map(\.rawValue))),
    ]

    package var active: Bool
    package var keyID: String?
    package var name: String?
    package var tenant: String?
    package var scope: String?
    package var expiresAt: String?
    package var networks: [String]?
    package var priority: Lane?

    package static let inactive = KeyIntrospection(active: false)

    package init(
        active: Bool, keyID: String? = nil, name: String? = nil, tenant: String? = nil, scope: String? = nil, expiresAt: String? = nil,
        networks: [String]? = nil, priority: Lane? = nil
    ) {
        self.active = active
        self.keyID = keyID
        self.name = name
        self.tenant = tenant
        self.scope = scope
        self.expiresAt = expiresAt
        self.networks = networks
        self.priority = priority
    }

    enum CodingKeys: String, CodingKey {
        case active, name, tenant, scope, networks, priority
        case keyID = "key_id"
        case expiresAt = "expires_at"
    }
}

/// The response of `GET /revocations`.
package struct RevocationPage: Codable, Sendable, SchemaNamed, SchemaAnnotated {
    package static let schemaName = "RevocationPage"
    package static let annotations: [String: SchemaAnnotation] = [
        "revocations": "In ascending order.", "next": "The value of `after` for the next request.",
        "more": "Whether there are more.",
        "newest": "The highest number there is. If it is below `after`, the database was restored: read from 0 again.",
    ]

    package var revocations: [Entry]
    package var next: Int64
    package var more: Bool
    package var newest: Int64

    /// A page can contain fewer revocations than records, or none, and still be followed by more pages.
    ///
    /// - Parameter lifetime: how long a revocation must be kept: after it, every credential that it affects has expired; nil if unknown.
    package init(_ records: [RevocationRecord], after sequence: Int64, limit: Int, newest: Int64, lifetime: Duration? = nil) {
        self.newest = newest
        revocations = records.compactMap { record in
            record.revocation.map { Entry($0, until: lifetime.map { record.at + $0 }) }
        }
        next = records.last?.sequence ?? sequence
        more = records.count == limit
    }

    /// A revocation in its wire format.
    package struct Entry: Codable, Sendable, SchemaAnnotated {
        package static let annotations: [String: SchemaAnnotation] = [
            "kind": .init(
                "What is revoked.",
                ["enum": ["session", "key", "member", "user", "organisation", "organisation_restored", "keys", "keys_restored"]]),
            "id": "The session, key or user.", "tenant": "The organisation.",
            "before": "Tokens of the membership with a lower version are refused.",
            "until": .init(
                "After this time, no affected credential is valid any more, and the revocation can be discarded.",
                ["format": "date-time"]),
        ]

        let kind: String
        var id: String?
        var tenant: String?
        var before: Int64?
        /// Absent in responses of older releases.
        var until: String?

        init(_ revocation: Revocation, until time: Timestamp?) {
            until = time?.iso8601
            switch revocation {
            case .session(let session): (kind, id) = ("session", session.rawValue)
            case .key(let key): (kind, id) = ("key", key.rawValue)
            case .member(let user, let organisation, let version):
                (kind, id, tenant, before) = ("member", user.rawValue, organisation.rawValue, version)
            case .user(let user): (kind, id) = ("user", user.rawValue)
            case .organisation(let organisation): (kind, tenant) = ("organisation", organisation.rawValue)
            case .organisationRestored(let organisation): (kind, tenant) = ("organisation_restored", organisation.rawValue)
            case .keys(let organisation): (kind, tenant) = ("keys", organisation.rawValue)
            case .keysRestored(let organisation): (kind, tenant) = ("keys_restored", organisation.rawValue)
            }
        }

        /// Nil if the revocation must be kept until the process ends.
        var end: Timestamp? { until.flatMap { Timestamp(iso8601: $0) } }

        /// Nil for a kind that only a newer release supports.
        var revocation: Revocation? {
            switch (kind, id, tenant) {
            case ("session", let id?, _): .session(SessionID(id))
            case ("key", let id?, _): .key(APIKeyID(id))
            case ("member", let id?, let tenant?): before.map { .member(UserID(id), TenantID(tenant), before: $0) }
            case ("user", let id?, _): .user(UserID(id))
            case ("organisation", _, let tenant?): .organisation(TenantID(tenant))
            case ("organisation_restored", _, let tenant?): .organisationRestored(TenantID(tenant))
            case ("keys", _, let tenant?): .keys(of: TenantID(tenant))
            case ("keys_restored", _, let tenant?): .keysRestored(of: TenantID(tenant))
            default: nil
            }
        }
    }
}
