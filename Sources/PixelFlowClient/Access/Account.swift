public import FoundationEssentials
import WireFormats

/// An account that was made.
public struct Account: Sendable, Hashable {
    public let id: String
    public let email: String
    public let tenant: String
    public let createdAt: Date?

    init(_ fields: Fields) throws {
        id = try fields.text("id")
        email = try fields.text("email")
        tenant = try fields.text("tenant")
        createdAt = fields.time("created_at")
    }
}

/// A token and its life.
public struct Login: Sendable, Hashable {
    public let token: String
    /// From when it was given.
    public let expiresIn: Duration
    /// Good once, for the next token; nil where the service keeps no sessions, or only the organisation has changed.
    public let refreshToken: String?

    init(_ fields: Fields) throws {
        token = try fields.text("token")
        refreshToken = fields.json["refresh_token"]?.stringValue
        expiresIn = .seconds(fields.json["expires_in"]?.doubleValue ?? 0)
    }
}

/// Whose token it is.
public struct Identity: Sendable, Hashable {
    public let userID: String
    public let email: String
    public let tenant: String
    public let expiresAt: Date?

    init(_ fields: Fields) throws {
        userID = try fields.text("user_id")
        email = try fields.text("email")
        tenant = try fields.text("tenant")
        expiresAt = fields.time("expires_at")
    }
}
