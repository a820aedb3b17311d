import PixelFlowCore
import PixelFlowHTTP

/// The body of `/register` and `/login`.
struct Credentials: Decodable {
    let email: String
    let password: String
}

/// The answer of `GET /register`.
struct RegistrationState: Encodable {
    /// `open` or `closed`.
    let registration: String
}

/// The answer of `POST /register`.
struct RegisteredUser: Encodable {
    let id: UserID
    let email: String
    let tenant: TenantID
    let createdAt: String

    enum CodingKeys: String, CodingKey {
        case id, email, tenant
        case createdAt = "created_at"
    }

    init(_ user: User) {
        id = user.id
        email = user.email
        tenant = user.tenant
        createdAt = user.createdAt.iso8601
    }
}

/// The answer of `/login`.
struct IssuedToken: Encodable {
    let token: String
    let tokenType = "Bearer"
    /// Seconds.
    let expiresIn: Int

    enum CodingKeys: String, CodingKey {
        case token
        case tokenType = "token_type"
        case expiresIn = "expires_in"
    }
}

/// The answer of `/validate` for a good token.
struct Validation: Encodable {
    let valid = true
    let userID: UserID
    let email: String
    let tenant: TenantID
    let expiresAt: String

    enum CodingKeys: String, CodingKey {
        case valid, email, tenant
        case userID = "user_id"
        case expiresAt = "expires_at"
    }

    init(_ token: VerifiedToken) {
        userID = token.principal.user
        email = token.principal.email
        tenant = token.principal.tenant
        expiresAt = token.expiresAt.iso8601
    }
}
