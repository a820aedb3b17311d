import HTTPTypes
import Hummingbird
import PixelFlowCore
import PixelFlowHTTP

/// `/session`: signing in and out of the browser.
struct SessionRoutes: Sendable {
    /// Bytes; far over any address and password that can pass.
    private static let bodyLimit = 16 * 1024

    let auth: AuthClient
    let proxies: TrustedProxies

    func add(to router: RouterGroup<AppRequestContext>) {
        router.get("/session", use: look)
        router.post("/session", use: signIn)
        router.post("/session/register", use: register)
        router.delete("/session", use: signOut)
    }

    @Sendable private func look(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        guard let token = SessionCookie.token(of: request) else { throw Self.noSession }
        return try .json(try await auth.account(token, .init(request, context, proxies: proxies)))
    }

    @Sendable private func signIn(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let credentials: Credentials = try await request.decodeJSON(limit: Self.bodyLimit)
        return try await open(credentials, request, context, status: .ok)
    }

    /// Registers, and signs in at once.
    @Sendable private func register(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let credentials: Credentials = try await request.decodeJSON(limit: Self.bodyLimit)
        try await auth.register(credentials, .init(request, context, proxies: proxies))
        return try await open(credentials, request, context, status: .created)
    }

    @Sendable private func signOut(_ request: Request, _ context: AppRequestContext) -> Response {
        var response = Response(status: .noContent)
        response.setCookie(SessionCookie.end(for: request))
        return response
    }

    private func open(
        _ credentials: Credentials, _ request: Request, _ context: AppRequestContext, status: HTTPResponse.Status
    ) async throws -> Response {
        let trace = RequestTrace(request, context, proxies: proxies)
        let issued = try await auth.login(credentials, trace)
        let account = try await auth.account(issued.token, trace)
        var response = try Response.json(account, status: status)
        response.setCookie(SessionCookie.issue(issued.token, lifetime: issued.expiresIn, for: request))
        return response
    }

    private static let noSession = PixelFlowError(.unauthenticated, code: "session_missing", "Sign in first.")
}
