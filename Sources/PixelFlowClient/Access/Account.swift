public import FoundationEssentials
import WireFormats

/// A newly created account.
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

/// A token and its lifetime.
public struct Login: Sendable, Hashable {
    public let token: String
    /// The time from issue until expiry.
    public let expiresIn: Duration
    /// Valid once, for the next token; nil if the service does not keep sessions or only the organisation has changed.
    public let refreshToken: String?

    init(_ fields: Fields) throws {
        token = try fields.text("token")
        refreshToken = fields.json["refresh_token"]?.stringValue
        expiresIn = .seconds(clamping: fields.json["expires_in"]?.doubleValue ?? 0)
    }
}

/// The account that a token belongs to.
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
