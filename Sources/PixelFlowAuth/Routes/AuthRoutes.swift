import HTTPTypes
import Hummingbird
import Logging
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

    func add(to router: Router<AppRequestContext>) {
        router.get("/register", use: registration)
        router.post("/register", use: register)
        router.post("/login", use: login)
        router.get("/validate", use: validate)
        router.get("/.well-known/jwks.json", use: jwks)
    }

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
