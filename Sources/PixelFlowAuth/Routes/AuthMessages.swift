import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import WireFormats

/// The body of `/register` and `/login`.
struct Credentials: Decodable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "Credentials"
    static let annotations: [String: SchemaAnnotation] = [
        "email": .init("The address of the account.", ["format": "email", "maxLength": 254]),
        "password": .init("At least 8 characters and at most 1,024 bytes.", ["format": "password", "minLength": 8, "maxLength": 1024]),
    ]

    let email: String
    let password: String
}

/// The answer of `GET /register`.
struct RegistrationState: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "RegistrationState"
    static let annotations: [String: SchemaAnnotation] = [
        "registration": .init("Whether anyone may register.", ["enum": ["open", "closed"]])
    ]

    /// `open` or `closed`.
    let registration: String
}

/// The answer of `POST /register`.
struct RegisteredUser: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "RegisteredUser"
    static let annotations: [String: SchemaAnnotation] = [
        "id": "Names the account.", "email": .init("The address of the account.", ["format": "email"]),
        "tenant": "The owner of the account's data.", "created_at": .init("RFC 3339.", ["format": "date-time"]),
    ]

    let id: String
    let email: String
    let tenant: String
    let createdAt: String

    enum CodingKeys: String, CodingKey {
        case id, email, tenant
        case createdAt = "created_at"
    }

    init(_ user: User) {
        id = user.id.rawValue
        email = user.email
        tenant = user.tenant.rawValue
        createdAt = user.createdAt.iso8601
    }
}

/// The answer of `/login`.
struct IssuedToken: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "IssuedToken"
    static let annotations: [String: SchemaAnnotation] = [
        "token": "A JSON Web Token.", "token_type": .init("How the token is sent.", ["const": "Bearer"]),
        "expires_in": .init("Seconds.", ["minimum": 1]),
    ]

    let token: String
    let tokenType: String
    /// Seconds.
    let expiresIn: Int

    init(token: String, expiresIn: Int) {
        self.token = token
        tokenType = "Bearer"
        self.expiresIn = expiresIn
    }

    enum CodingKeys: String, CodingKey {
        case token
        case tokenType = "token_type"
        case expiresIn = "expires_in"
    }
}

/// The answer of `/validate` for a good token.
struct Validation: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "TokenValidation"
    static let annotations: [String: SchemaAnnotation] = [
        "valid": .init("A token that is not valid is a 401.", ["const": true]), "user_id": "Names the account.",
        "email": .init("The address of the account.", ["format": "email"]), "tenant": "The owner of the account's data.",
        "expires_at": .init("RFC 3339.", ["format": "date-time"]),
    ]

    let valid: Bool
    let userID: String
    let email: String
    let tenant: String
    let expiresAt: String

    enum CodingKeys: String, CodingKey {
        case valid, email, tenant
        case userID = "user_id"
        case expiresAt = "expires_at"
    }

    init(_ token: VerifiedToken) {
        valid = true
        userID = token.principal.user.rawValue
        email = token.principal.email
        tenant = token.principal.tenant.rawValue
        expiresAt = token.expiresAt.iso8601
    }
}
