import HTTPTypes
import Hummingbird
import Logging
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP

/// `/register`, `/login`, `/validate` and the public keys.
struct AuthRoutes: Sendable {
    let accounts: Accounts
    let issuer: AsyncLazy<TokenIssuer>
    let verifier: TokenVerifier
    let proxies: TrustedProxies
    let metrics: AuthMetrics

    /// Bytes; far over any address and password that can pass.
    private static let bodyLimit = 16 * 1024

    static let description = ServiceDescription(
        title: "PixelFlow auth",
        text: "Accounts and tokens.",
        tags: [
            ("accounts", "Registering and signing in. A token is sent to the api as `Authorization: Bearer TOKEN`."),
            ("service", "For those who run the service."),
        ], examples: RecordedExamples.all)

    var routes: [Route] {
        [
            Route(
                .get, "/register", id: "getRegistration", tag: "accounts", "Ask whether anyone may register", access: .anyone,
                responses: [.json(RegistrationState.self, "The state.")], handler: registration),
            Route(
                .post, "/register", id: "register", tag: "accounts", "Register an account", access: .anyone,
                body: BodyDescription([.json(Credentials.self)], "The address and the password of the account."),
                responses: [.json(.created, RegisteredUser.self, "The account.")],
                problems: Self.credentialProblems + [
                    DeclaredProblem(.forbidden, "registration_closed", "New accounts are not accepted here."),
                    DeclaredProblem(.conflict, "email_taken", "The address has an account."),
                    DeclaredProblem(.invalid, "email_invalid", "The address is not valid."),
                    DeclaredProblem(.invalid, "password_too_short", "The password has fewer than 8 characters."),
                    DeclaredProblem(.invalid, "password_too_long", "The password has more than 1,024 bytes."),
                    DeclaredProblem(.throttled, "registration_throttled", "Too many registrations from this address."),
                    DeclaredProblem(.unavailable, "registration_busy", "Too many registrations are in progress."),
                ], handler: register),
            Route(
                .post, "/login", id: "login", tag: "accounts", "Sign in", access: .anyone,
                body: BodyDescription([.json(Credentials.self)], "The address and the password of the account."),
                responses: [.json(IssuedToken.self, "A token.")],
                problems: Self.credentialProblems + [
                    DeclaredProblem(.unauthenticated, "credentials_invalid", "The address or the password is wrong."),
                    DeclaredProblem(.throttled, "login_throttled", "Too many failures for this account from this address."),
                    DeclaredProblem(.unavailable, "auth_busy", "Too many sign-ins are in progress."),
                ], handler: login),
            Route(
                .get, "/validate", id: "validateToken", tag: "accounts", "Validate a token", access: .token,
                responses: [.json(Validation.self, "The token is valid.")], handler: validate),
            Route(
                .get, "/.well-known/jwks.json", id: "getKeys", tag: "accounts", "Read the public keys of the tokens",
                details: "A JSON Web Key Set (RFC 7517). Keys change rarely; keep them for five minutes.", access: .anyone,
                responses: [.json(JSONWebKeySet.self, "The keys.")], problems: [Self.databaseUnavailable], handler: jwks),
        ]
    }

    private static let databaseUnavailable = DeclaredProblem(.unavailable, "database_unavailable", "The database does not answer.")

    private static let credentialProblems = [
        databaseUnavailable,
        DeclaredProblem(.invalid, "missing_value", "A field is missing or null."),
        DeclaredProblem(.invalid, "invalid_value", "A field has the wrong type."),
    ]

    /// Tells the page whether to show its form.
    @Sendable private func registration(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        try .json(RegistrationState(registration: accounts.registration.rawValue), headers: [.cacheControl: "no-store"])
    }

    @Sendable private func register(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let client = proxies.client(of: request, context: context)
        let user = try await metrics.countingRegistration {
            // Closed is closed, whatever is sent.
            try accounts.requireOpenRegistration()
            let credentials: Credentials = try await request.decodeJSON(limit: Self.bodyLimit)
            return try await accounts.register(email: credentials.email, password: credentials.password, from: client?.subscriber)
        }
        context.logger.info("user registered", metadata: ["user_id": .string(user.id.rawValue)])
        return try .json(RegisteredUser(user), status: .created)
    }

    @Sendable private func login(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let credentials: Credentials = try await request.decodeJSON(limit: Self.bodyLimit)
        let client = proxies.client(of: request, context: context)
        let user = try await metrics.countingLogin {
            try await accounts.login(email: credentials.email, password: credentials.password, from: client?.subscriber)
        }
        context.logger.info("user signed in", metadata: ["user_id": .string(user.id.rawValue)])
        let issuer = try await issuer.value
        let token = try await issuer.issue(for: user)
        return try .json(IssuedToken(token: token, expiresIn: Int(issuer.lifetime.components.seconds)))
    }

    @Sendable private func validate(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let token = try await metrics.countingValidation { try await verifier.inspect(try request.bearerToken()) }
        return try .json(Validation(token))
    }

    /// Keys change rarely; five minutes is also how long a verifier keeps them.
    @Sendable private func jwks(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        try .json(try await issuer.value.jwks, headers: [.cacheControl: "public, max-age=300"])
    }
}
