import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import WireFormats

/// The body of `/login`.
struct Credentials: Decodable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "Credentials"
    static let annotations: [String: SchemaAnnotation] = [
        "email": .init("The address of the account.", ["format": "email", "maxLength": 254]),
        "password": .init("At least 8 characters and at most 1,024 bytes.", ["format": "password", "minLength": 8, "maxLength": 1024]),
        "code": .init("Six digits of the authenticator app, or a recovery code; required if the second factor is on.", ["maxLength": 64]),
    ]

    let email: AnyText
    let password: AnyText
    let code: String?
}

/// The body of `/register`.
struct Registration: Decodable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "Registration"
    static let annotations: [String: SchemaAnnotation] = Credentials.annotations.filter { $0.key != "code" }.merging(
        [
            "invitation": "An invitation that the account accepts at once. Registration may need one.",
            "setup_token": "Registers the first account if registration is not open; the log of auth shows it.",
        ], uniquingKeysWith: { $1 })

    let email: AnyText
    let password: AnyText
    let invitation: String?
    let setupToken: String?

    enum CodingKeys: String, CodingKey {
        case email, password, invitation
        case setupToken = "setup_token"
    }
}

/// The response of `GET /register`.
struct RegistrationState: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "RegistrationState"
    static let annotations: [String: SchemaAnnotation] = [
        "registration": .init(
            "Who may register: anyone, people with an invitation, or no one.", ["enum": ["open", "invite", "closed"]]),
        "needs_setup": "Whether there is no account yet and the first one needs the setup token.",
        "sends_mail": "Whether a forgotten password can be reset by mail, and invitations are mailed.",
    ]

    let registration: String
    let needsSetup: Bool
    let sendsMail: Bool

    enum CodingKeys: String, CodingKey {
        case registration
        case needsSetup = "needs_setup"
        case sendsMail = "sends_mail"
    }
}

/// The response of `POST /register`.
struct RegisteredUser: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "RegisteredUser"
    static let annotations: [String: SchemaAnnotation] = [
        "id": "The id of the account.", "email": .init("The address of the account.", ["format": "email"]),
        "tenant": "The personal organisation of the account.", "created_at": .init("RFC 3339.", ["format": "date-time"]),
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

/// The response of `/login` and `/token`.
struct IssuedToken: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "IssuedToken"
    static let annotations: [String: SchemaAnnotation] = [
        "token": "A JSON Web Token.", "token_type": .init("How the token is sent.", ["const": "Bearer"]),
        "expires_in": .init("Seconds.", ["minimum": 1]),
        "refresh_token": "Exchanged for new tokens at `POST /token`, once. Absent where only the organisation has changed.",
    ]

    let token: String
    let tokenType: String
    /// Seconds.
    let expiresIn: Int
    let refreshToken: String?

    init(token: String, expiresIn: Int, refreshToken: String?) {
        self.token = token
        tokenType = "Bearer"
        self.expiresIn = expiresIn
        self.refreshToken = refreshToken
    }

    enum CodingKeys: String, CodingKey {
        case token
        case tokenType = "token_type"
        case expiresIn = "expires_in"
        case refreshToken = "refresh_token"
    }
}

/// The response of `/validate` for a good token.
struct Validation: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "TokenValidation"
    static let annotations: [String: SchemaAnnotation] = [
        "valid": .init("A token that is not valid is a 401.", ["const": true]), "user_id": "The id of the account or the API key.",
        "email": "The address of the account; the name of an API key.", "tenant": "The organisation that the token is for.",
        "role": .init("The role in the organisation; absent for an API key.", schema: Role.schema),
        "scope": "Scopes, separated by spaces.", "session_id": "The id of the session.",
        "expires_at": .init("RFC 3339; `9999-12-31T23:59:59.000Z` for an API key that does not expire.", ["format": "date-time"]),
    ]

    let valid: Bool
    let userID: String
    let email: String
    let tenant: String
    let role: String?
    let scope: String
    let sessionID: String?
    let expiresAt: String

    enum CodingKeys: String, CodingKey {
        case valid, email, tenant, role, scope
        case userID = "user_id"
        case sessionID = "session_id"
        case expiresAt = "expires_at"
    }

    init(_ token: VerifiedToken) {
        valid = true
        userID = token.principal.user.rawValue
        email = token.principal.email
        tenant = token.principal.tenant.rawValue
        role = token.principal.role?.rawValue
        scope = Scope.text(token.principal.scopes)
        sessionID = token.principal.session?.rawValue
        expiresAt = token.expiresAt.iso8601
    }
}
