import Foundation
import HTTPTypes
import NIOCore
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import WireFormats

/// The credentials of a user.
struct Credentials: Codable, Sendable, SchemaAnnotated {
    static let annotations: [String: SchemaAnnotation] = [
        "email": .init("The address of the account.", ["format": "email"]), "password": .init("The password.", ["format": "password"]),
        "code": .init("Six digits of the authenticator app, or a recovery code; required if the second factor is on.", ["maxLength": 64]),
    ]

    let email: AnyText
    let password: AnyText
    var code: String?
}

/// A registration.
struct Registration: Codable, Sendable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "SessionRegistration"
    static let annotations: [String: SchemaAnnotation] = Credentials.annotations.filter { $0.key != "code" }.merging(
        [
            "invitation": "An invitation that the account accepts at once.",
            "setup_token": "Registers the first account if registration is not open.",
        ], uniquingKeysWith: { $1 })

    let email: AnyText
    let password: AnyText
    let invitation: String?
    let setupToken: String?

    enum CodingKeys: String, CodingKey {
        case email, password, invitation
        case setupToken = "setup_token"
    }

    var credentials: Credentials { Credentials(email: email, password: password) }
}

/// The response of auth to a login or a refresh.
struct IssuedToken: Decodable, Sendable {
    let token: String
    /// Seconds.
    let expiresIn: Int
    /// Nil if only the organisation was changed.
    let refreshToken: String?

    enum CodingKeys: String, CodingKey {
        case token
        case expiresIn = "expires_in"
        case refreshToken = "refresh_token"
    }
}

/// The request for new tokens.
private struct TokenRequest: Encodable {
    var refreshToken: String?
    var organisation: String?

    enum CodingKeys: String, CodingKey {
        case organisation
        case refreshToken = "refresh_token"
    }
}

/// The signed-in account, for the page.
struct Account: Codable, Sendable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "Account"
    static let annotations: [String: SchemaAnnotation] = [
        "email": .init("The address of the account.", ["format": "email"]), "user_id": "The id of the account.",
        "tenant": "The organisation that the session is in.", "role": "The role in it.", "scope": "Scopes, separated by spaces.",
        "expires_at": .init("When the session ends.", ["format": "date-time"]),
    ]

    let email: String
    let userID: String
    let tenant: String
    let role: String?
    let scope: String?
    let expiresAt: String

    enum CodingKeys: String, CodingKey {
        case email, tenant, role, scope
        case userID = "user_id"
        case expiresAt = "expires_at"
    }
}

/// A response of auth.
struct AuthResponse<Value: Sendable>: Sendable {
    let value: Value
    /// `RateLimit` and `RateLimit-Policy`: auth counts the requests of a browser, not those of web.
    let limits: HTTPFields
}

/// Calls the auth service on behalf of a browser.
struct AuthClient: Sendable {
    /// In bytes; every response of auth is far smaller.
    private static let responseLimit = 64 * 1024

    let upstream: Upstream

    func register(_ registration: Registration, _ trace: RequestTrace) async throws {
        _ = try await ask(.post, "/register", body: registration, trace)
    }

    func login(_ credentials: Credentials, _ trace: RequestTrace) async throws -> AuthResponse<IssuedToken> {
        try read(try await ask(.post, "/login", body: credentials, trace))
    }

    func refresh(_ refreshToken: String, _ trace: RequestTrace) async throws -> AuthResponse<IssuedToken> {
        try read(try await ask(.post, "/token", body: TokenRequest(refreshToken: refreshToken), trace))
    }

    func change(_ token: String, to organisation: String, _ trace: RequestTrace) async throws -> AuthResponse<IssuedToken> {
        try read(try await ask(.post, "/token", token: token, body: TokenRequest(organisation: organisation), trace))
    }

    func logout(_ token: String, _ trace: RequestTrace) async throws {
        _ = try await ask(.post, "/logout", token: token, trace)
    }

    func account(_ token: String, _ trace: RequestTrace) async throws -> AuthResponse<Account> {
        try read(try await ask(.get, "/validate", token: token, trace))
    }

    /// - Throws: the problem that auth has returned, with its `limits`; `auth_unavailable` if auth is unreachable.
    private func ask(
        _ method: HTTPRequest.Method, _ path: String, token: String? = nil, body: (any Encodable)? = nil, _ trace: RequestTrace
    ) async throws -> AuthResponse<ByteBuffer> {
        var headers = trace.headers
        if let token { headers[.authorization] = "Bearer \(token)" }
        if body != nil { headers[.contentType] = "application/json" }
        let bytes = try body.map { ByteBuffer(bytes: try JSONStreamEncoder(sortsKeys: false).encode($0)) }
        let response = try await upstream.send(method, path, headers: headers, body: bytes.map { .bytes($0) })
        let content = try await response.collect(limit: Self.responseLimit)
        let limits = HTTPFields(response.headers.filter { [.rateLimit, .rateLimitPolicy].contains($0.name) })
        guard response.status.kind == .successful else { throw HeaderedError(Refusal(content).error(response), headers: limits) }
        return AuthResponse(value: content, limits: limits)
    }

    private func read<Value: Decodable & Sendable>(_ content: AuthResponse<ByteBuffer>) throws -> AuthResponse<Value> {
        AuthResponse(
            value: try JSONDecoder().decode(Value.self, from: Data(content.value.readableBytesView)), limits: content.limits)
    }
}

/// A problem document from auth.
private struct Refusal: Decodable {
    var code: String?
    var detail: String?
    var field: String?

    init(_ content: ByteBuffer) {
        self = (try? JSONDecoder().decode(Refusal.self, from: Data(content.readableBytesView))) ?? Refusal()
    }

    private init() {}

    /// The same problem as an error of web.
    func error(_ response: UpstreamResponse) -> PixelFlowError {
        guard let code, let kind = PixelFlowError.Kind.allCases.first(where: { $0.status == response.status }), kind != .internal else {
            return .unavailable("auth")
        }
        let retryAfter = response.headers[.retryAfter].flatMap { Int($0) }
        return PixelFlowError(kind, code: code, detail ?? response.status.reasonPhrase, field: field, retryAfter: retryAfter)
    }
}
