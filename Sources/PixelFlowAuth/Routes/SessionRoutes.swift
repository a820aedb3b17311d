import Hummingbird
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import WireFormats

/// `/token`, `/logout` and `/sessions`.
struct SessionRoutes: Sendable {
    let auth: AuthDependencies

    /// Not authenticated by a token: the refresh token is the credential.
    var openRoutes: [Route] {
        [
            Route(
                .post, "/token", id: "refreshToken", tag: "sessions", "Exchange a refresh token, or switch the organisation",
                details: """
                    With `refresh_token`, the response has a new token and a new refresh token, which replaces the old one. If the old one \
                    is sent again within 30 seconds, the response has the same new refresh token and another token; later, it ends the \
                    session, because it may have been stolen. With `refresh_token` and `organisation`, the session switches to that \
                    organisation. With `organisation` alone, the bearer token is used, and the new token ends when that one does.
                    """, access: .anyone, rate: .of(.signIn),
                body: BodyDescription([.json(TokenRequest.self)], "A refresh token, an organisation, or both."),
                responses: [.json(IssuedToken.self, "The token.")],
                problems: [
                    .databaseUnavailable, .organisationNotFound,
                    DeclaredProblem(.unauthenticated, "refresh_token_invalid", "The refresh token is not valid, or its session has ended."),
                    DeclaredProblem(.unauthenticated, "token_missing", "The request has neither a refresh token nor a bearer token."),
                    DeclaredProblem(.unauthenticated, "token_invalid", "The bearer token is not valid."),
                    DeclaredProblem(.unauthenticated, "token_expired", "The bearer token has expired."),
                    DeclaredProblem(.unauthenticated, "token_revoked", "The bearer token has been revoked."),
                    DeclaredProblem(.unavailable, "auth_unavailable", "The keys or revocations needed to verify the token cannot be read."),
                    .authenticationThrottled,
                    DeclaredProblem(.conflict, "session_required", "The bearer token belongs to no session, or its session has ended."),
                    DeclaredProblem(.forbidden, "no_organisation", "The account belongs to no organisation."),
                ] + .fields, handler: token)
        ]
    }

    var routes: [Route] {
        [
            Route(
                .post, "/logout", id: "signOutOfSession", tag: "sessions", "End the session of the token",
                details: "All tokens of the session are refused from now on.", access: .token,
                responses: [.empty(.noContent, "The session has ended.")], problems: [.databaseUnavailable, .personRequired],
                handler: logout),
            Route(
                .get, "/sessions", id: "listSessions", tag: "sessions", "List the caller's sessions, the most recently used first",
                access: .token,
                responses: [.json(SessionList.self, "The sessions.")], problems: [.databaseUnavailable, .personRequired], handler: list),
            Route(
                .delete, "/sessions/{id}", id: "endSession", tag: "sessions", "End a session of the caller", access: .token,
                parameters: [.init("id", in: .path, .string(), "The session.")],
                responses: [.empty(.noContent, "The session has ended.")],
                problems: [
                    .databaseUnavailable, .personRequired, DeclaredProblem(.notFound, "not_found", "There is no such session."),
                ], handler: end),
        ]
    }

    @Sendable private func token(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let body: TokenRequest = try await request.decodeJSON(limit: AuthDependencies.bodyLimit)
        let organisation = body.organisation.map { TenantID($0) }
        if let refreshToken = body.refreshToken {
            return try .json(
                try await auth.signIns.refresh(refreshToken, organisation: organisation, from: auth.origin(request, context)))
        }
        guard let organisation else {
            throw PixelFlowError(.invalid, code: "missing_value", "Send a refresh token, an organisation, or both.", field: "refresh_token")
        }
        let token = try await auth.verifier.inspect(try request.bearerToken(), request, context, proxies: auth.proxies)
        return try .json(try await auth.signIns.change(token, to: organisation, at: auth.clock.now()))
    }

    @Sendable private func logout(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let caller = try auth.person(request, context)
        // Tokens issued before sessions were introduced have none; they expire by themselves.
        if let session = caller.principal.session { _ = try await end(session, caller) }
        return Response(status: .noContent)
    }

    @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let principal = try auth.person(request, context).principal
        let sessions = try await auth.store.sessions(of: principal.user)
        return try .json(SessionList(sessions: sessions.map { SessionView($0, isCurrent: $0.id == principal.session) }))
    }

    @Sendable private func end(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let caller = try auth.person(request, context)
        guard try await end(SessionID(try context.text("id")), caller) else { throw PixelFlowError.notFound("session") }
        return Response(status: .noContent)
    }

    private func end(_ session: SessionID, _ caller: Caller) async throws -> Bool {
        let audit = caller.audit(.signedOut, in: caller.principal.tenant, target: session.rawValue)
        let hasEnded = try await auth.store.end(session, of: caller.principal.user, audit: audit, at: caller.origin.at)
        await auth.verifier.refreshRevocations()
        return hasEnded
    }
}

/// The body of `/token`.
private struct TokenRequest: Decodable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "TokenRequest"
    static let annotations: [String: SchemaAnnotation] = [
        "refresh_token": "The current refresh token.", "organisation": "The organisation to switch to.",
    ]

    let refreshToken: String?
    let organisation: String?

    enum CodingKeys: String, CodingKey {
        case organisation
        case refreshToken = "refresh_token"
    }
}

private struct SessionList: Codable {
    let sessions: [SessionView]
}

struct SessionView: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "Session"
    static let annotations: [String: SchemaAnnotation] = [
        "id": "The id of the session.", "current": "Whether the request belongs to it.", "organisation": "The organisation of its tokens.",
        "device": "The `User-Agent` of the last use.", "address": "The address of the last use.",
        "created_at": .init("When it was opened.", ["format": "date-time"]),
        "last_used_at": .init("When its last token was issued.", ["format": "date-time"]),
        "expires_at": .init("When it ends unless it is used.", ["format": "date-time"]),
    ]

    let id: String
    let current: Bool
    let organisation: String
    let device: String
    let address: String
    let createdAt: String
    let lastUsedAt: String
    let expiresAt: String

    init(_ session: Session, isCurrent: Bool) {
        id = session.id.rawValue
        current = isCurrent
        organisation = session.organisation.rawValue
        device = session.device
        address = session.address
        createdAt = session.createdAt.iso8601
        lastUsedAt = session.lastUsedAt.iso8601
        expiresAt = session.expiresAt.iso8601
    }

    enum CodingKeys: String, CodingKey {
        case id, current, organisation, device, address
        case createdAt = "created_at"
        case lastUsedAt = "last_used_at"
        case expiresAt = "expires_at"
    }
}
