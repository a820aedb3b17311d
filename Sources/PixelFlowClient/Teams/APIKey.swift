public import FoundationEssentials
public import WireFormats

/// A credential of an organisation, for programs. It is accepted wherever a token is.
public struct APIKey: Sendable, Hashable {
    public let id: String
    public let name: String
    /// The last four characters of the secret.
    public let hint: String
    /// The permissions, such as `tasks:read`.
    public let scopes: [String]
    /// The networks from which it may be used, in CIDR notation; empty for all.
    public let networks: [String]
    /// The priority of tasks if neither the upload nor its preset sets one; nil for `normal`.
    public let priority: String?
    public let createdAt: Date?
    /// Nil for a key that does not expire.
    public let expiresAt: Date?
    /// Nil for a key that has never been used.
    public let lastUsedAt: Date?
    /// Present only in the response to the creation.
    public let secret: String?
    /// The complete JSON from the service, including the secret if present.
    public let json: JSONValue

    init(_ fields: Fields) throws {
        json = fields.json
        id = try fields.text("id")
        name = try fields.text("name")
        hint = try fields.text("hint")
        scopes = json["scopes"]?.arrayValue?.compactMap(\.stringValue) ?? []
        networks = json["networks"]?.arrayValue?.compactMap(\.stringValue) ?? []
        priority = json["priority"]?.stringValue
        createdAt = fields.time("created_at")
        expiresAt = fields.time("expires_at")
        lastUsedAt = fields.time("last_used_at")
        secret = json["key"]?.stringValue
    }
}

/// An action in an organisation.
public struct AuditEntry: Sendable, Hashable {
    public let id: String
    public let at: Date?
    /// The address of a user, the name of a key, or `operator`.
    public let actorName: String
    /// For example `key.created`.
    public let action: String
    /// The id of the object of the action.
    public let target: String
    /// Details for people.
    public let detail: String
    /// The client address of the request.
    public let address: String
    /// The complete JSON from the service.
    public let json: JSONValue

    init(_ fields: Fields) throws {
        json = fields.json
        id = try fields.text("id")
        at = fields.time("at")
        actorName = try fields.text("actor_name")
        action = try fields.text("action")
        target = try fields.text("target")
        detail = try fields.text("detail")
        address = try fields.text("address")
    }
}

/// Selects entries of the audit log.
public struct AuditQuery: Sendable, Hashable {
    /// For example `key.created`.
    public var action: String?
    /// The id of a user or key.
    public var actor: String?
    /// RFC 3339; entries at or after this time.
    public var since: String?
    /// RFC 3339; entries before this time.
    public var until: String?

    public init(action: String? = nil, actor: String? = nil, since: String? = nil, until: String? = nil) {
        self.action = action
        self.actor = actor
        self.since = since
        self.until = until
    }
}
