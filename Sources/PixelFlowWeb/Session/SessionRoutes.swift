import HTTPTypes
import Hummingbird
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP

/// `/session`: signing in and out of the browser.
struct SessionRoutes: Sendable {
    /// Bytes; far over any address and password that can pass.
    private static let bodyLimit = 16 * 1024

    let auth: AuthClient
    let proxies: TrustedProxies

    var routes: [Route] {
        let credentials = BodyDescription([.json(Credentials.self)], "The address and the password of the account.")
        let account = "The account. `Set-Cookie` carries the session."
        return [
            Route(
                .get, "/session", id: "getSession", tag: "session", "Read whose session this is", access: .anyone,
                responses: [.json(Account.self, "The account.")], problems: Self.problems + [Self.tokenProblem], handler: look),
            Route(
                .post, "/session", id: "signIn", tag: "session", "Sign in with a cookie", access: .anyone, body: credentials,
                responses: [.json(Account.self, account)],
                problems: Self.credentialProblems + [
                    DeclaredProblem(.unauthenticated, "credentials_invalid", "The address or the password is wrong.")
                ], handler: signIn),
            Route(
                .post, "/session/register", id: "registerAndSignIn", tag: "session", "Register and sign in with a cookie", access: .anyone,
                body: credentials, responses: [.json(.created, Account.self, account)],
                problems: Self.credentialProblems + [
                    DeclaredProblem(.forbidden, "registration_closed", "New accounts are not accepted here."),
                    DeclaredProblem(.conflict, "email_taken", "The address has an account."),
                    DeclaredProblem(.invalid, "email_invalid", "The address is not valid."),
                    DeclaredProblem(.invalid, "password_too_short", "The password has fewer than 8 characters."),
                    DeclaredProblem(.invalid, "password_too_long", "The password has more than 1,024 bytes."),
                    DeclaredProblem(.unavailable, "registration_busy", "Too many registrations are in progress."),
                    DeclaredProblem(.throttled, "registration_throttled", "Too many registrations from this address."),
                ], handler: register),
            Route(
                .delete, "/session", id: "signOut", tag: "session", "Sign out", access: .anyone,
                responses: [.empty(.noContent, "The cookie is removed.")], problems: [Self.crossSite]
            ) { request, context in signOut(request, context) },
        ]
    }

    private static let crossSite = DeclaredProblem(.forbidden, "cross_site_request", "Another site has sent the request.")
    private static let tokenProblem = DeclaredProblem(.unauthenticated, "session_missing", "There is no session, or it has ended.")
    private static let problems = [
        crossSite, DeclaredProblem(.unavailable, "auth_unavailable", "The auth service does not answer."),
    ]
    private static let credentialProblems =
        problems + [
            DeclaredProblem(.invalid, "missing_value", "A field is missing or null."),
            DeclaredProblem(.invalid, "invalid_value", "A field has a value that is not accepted."),
            DeclaredProblem(.unavailable, "auth_busy", "Too many sign-ins are in progress."),
            DeclaredProblem(.throttled, "login_throttled", "Too many failures for this account from this address."),
        ]

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
