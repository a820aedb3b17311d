public import FoundationEssentials
public import WireFormats

/// The owner of tasks, presets and keys.
public struct Organisation: Sendable, Hashable {
    public let id: String
    public let name: String
    /// The role of the requesting account; nil for an operator, who need not be a member.
    public let role: String?
    public let createdAt: Date?
    /// Set if it was deleted. It can be restored for 7 days.
    public let deletedAt: Date?
    /// The complete JSON from the service.
    public let json: JSONValue

    init(_ fields: Fields) throws {
        json = fields.json
        id = try fields.text("id")
        name = try fields.text("name")
        role = json["role"]?.stringValue
        createdAt = fields.time("created_at")
        deletedAt = fields.time("deleted_at")
    }
}

/// A member of an organisation.
public struct Member: Sendable, Hashable {
    public let userID: String
    public let email: String
    /// `viewer`, `member`, `admin` or `owner`.
    public let role: String
    public let since: Date?
    /// The complete JSON from the service.
    public let json: JSONValue

    init(_ fields: Fields) throws {
        json = fields.json
        userID = try fields.text("user_id")
        email = try fields.text("email")
        role = try fields.text("role")
        since = fields.time("since")
    }
}

/// An account, as operators see it.
public struct UserAccount: Sendable, Hashable {
    public let id: String
    public let email: String
    /// The id of its personal organisation.
    public let tenant: String
    /// Whether sign-in is disabled.
    public let isDisabled: Bool
    public let createdAt: Date?
    /// The complete JSON from the service.
    public let json: JSONValue

    init(_ fields: Fields) throws {
        json = fields.json
        id = try fields.text("id")
        email = try fields.text("email")
        tenant = try fields.text("tenant")
        isDisabled = json["disabled"]?.boolValue ?? false
        createdAt = fields.time("created_at")
    }
}
