import HTTPTypes
import Hummingbird
import Logging
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP

/// `/session`: signing in and out of the browser.
struct SessionRoutes: Sendable {
    /// In bytes; far above every valid address and password.
    private static let bodyLimit = 16 * 1024

    let auth: AuthClient
    let proxies: TrustedProxies

    var routes: [Route] {
        let credentials = BodyDescription(
            [.json(Credentials.self)], "The address and the password of the account, and a code if the second factor is on.")
        let account = "The account. `Set-Cookie` carries the session."
        return [
            Route(
                .get, "/session", id: "getSession", tag: "session", "Read the account of the session",
                details: "A session whose token has expired, or has been revoked because a role has changed, gets a new one.",
                access: .anyone,
                rate: .of(.signIn), responses: [.json(Account.self, "The account.")],
                problems: Self.problems + [Self.tokenProblem, Self.homeless] + Self.relayed, handler: show),
            Route(
                .post, "/session", id: "signIn", tag: "session", "Sign in with a cookie", access: .anyone, rate: .of(.signIn),
                body: credentials,
                responses: [.json(Account.self, account)],
                problems: Self.credentialProblems, handler: signIn),
            Route(
                .post, "/session/register", id: "registerAndSignIn", tag: "session", "Register and sign in with a cookie", access: .anyone,
                rate: .of(.signIn), body: BodyDescription([.json(Registration.self)], "The address and the password of the account."),
                responses: [.json(.created, Account.self, account)],
                problems: Self.credentialProblems + [
                    DeclaredProblem(.forbidden, "registration_closed", "New accounts are not accepted here."),
                    DeclaredProblem(.conflict, "email_taken", "The address has an account."),
                    DeclaredProblem(.invalid, "email_invalid", "The address is not valid."),
                    DeclaredProblem(
                        .notFound, "invitation_invalid",
                        "The invitation is used, revoked, expired, for another address or to a deleted organisation."),
                    DeclaredProblem(.conflict, "too_many_members", "The organisation is full."),
                    DeclaredProblem(.unavailable, "registration_busy", "Too many registrations are in progress."),
                    DeclaredProblem(.throttled, "registration_throttled", "Too many registrations from this address."),
                    DeclaredProblem(.unavailable, "mail_backlog", "Too many messages wait to be sent."),
                ] + .newPassword, handler: register),
            Route(
                .post, "/session/organisation", id: "changeSessionOrganisation", tag: "session",
                "Switch the session to another organisation",
                access: .anyone, rate: .of(.signIn), body: BodyDescription([.json(OrganisationChoice.self)], "The organisation."),
                responses: [.json(Account.self, account)],
                problems: Self.problems + [
                    Self.tokenProblem, Self.homeless,
                    DeclaredProblem(.notFound, "not_found", "The account is not in this organisation."),
                    DeclaredProblem(
                        .conflict, "session_required", "The session was opened before organisations were introduced; sign in again."),
                    DeclaredProblem(.invalid, "missing_value", "A field is missing or null."),
                    DeclaredProblem(.invalid, "invalid_value", "A field has a value that is not accepted."),
                ] + Self.relayed, handler: change),
            Route(
                .delete, "/session", id: "signOut", tag: "session", "Sign out",
                details: "Ends the session and invalidates all its tokens. The cookies are removed even if auth does not respond.",
                access: .anyone,
                responses: [.empty(.noContent, "The cookies are removed.")], problems: [Self.crossSite], handler: signOut),
        ]
    }

    private static let crossSite = DeclaredProblem(.forbidden, "cross_site_request", "The request comes from another site.")
    private static let tokenProblem = DeclaredProblem(.unauthenticated, "session_missing", "There is no session, or it has ended.")
    private static let disabled = DeclaredProblem(.forbidden, "account_disabled", "An operator has disabled the account.")
    private static let homeless = DeclaredProblem(.forbidden, "no_organisation", "The account belongs to no organisation.")
    private static let problems = [
        crossSite,
        DeclaredProblem(
            .unavailable, "auth_unavailable",
            "The auth service does not respond. If the response sets cookies, they are those of the session, and the request for its account "
                + "may be repeated."),
        DeclaredProblem(.unavailable, "database_unavailable", "The database of auth does not respond."),
    ]
    /// Of a token, which auth takes from the cookie.
    private static let relayed = [
        DeclaredProblem.authenticationThrottled,
        DeclaredProblem(.forbidden, "network_not_allowed", "The cookie has an API key, which may not be used from this address."),
    ]
    private static let credentialProblems =
        problems + relayed + [
            tokenProblem, DeclaredProblem(.conflict, "credentials_changed", "The password or the second factor has just been changed."),
            DeclaredProblem(.unauthenticated, "credentials_invalid", "The address or the password is wrong."),
            DeclaredProblem(.unauthenticated, "second_factor_required", "The second factor is on, and the request has no code."),
            DeclaredProblem(.unauthenticated, "second_factor_invalid", "The code is wrong or has already been used."),
            DeclaredProblem(.invalid, "missing_value", "A field is missing or null."),
            DeclaredProblem(.invalid, "invalid_value", "A field has a value that is not accepted."),
            disabled, homeless, DeclaredProblem(.unavailable, "auth_busy", "Too many sign-ins are in progress."),
            DeclaredProblem(.throttled, "login_throttled", "Too many failures for this account from this address."),
        ]

    @Sendable private func show(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let trace = RequestTrace(request, context, proxies: proxies)
        do {
            guard let token = SessionCookie.token(of: request) else { throw Self.noSession }
            let account = try await auth.account(token, trace)
            return try .json(account.value, headers: account.limits)
        } catch  where error.isUnauthenticated {
            return try await renew(request, trace)
        }
    }

    /// - Throws: `session_missing` (401) if there is no refresh token or it is no longer valid.
    private func renew(_ request: Request, _ trace: RequestTrace) async throws -> Response {
        guard let refreshToken = SessionCookie.refreshToken(of: request) else { throw Self.noSession }
        do {
            return try await respond(try await auth.refresh(refreshToken, trace), request, trace)
        } catch  where error.isUnauthenticated {
            throw Self.noSession
        }
    }

    @Sendable private func signIn(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let credentials: Credentials = try await request.decodeJSON(limit: Self.bodyLimit)
        let trace = RequestTrace(request, context, proxies: proxies)
        return try await respond(try await auth.login(credentials, trace), request, trace)
    }

    /// Registers an account and signs in.
    @Sendable private func register(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let registration: Registration = try await request.decodeJSON(limit: Self.bodyLimit)
        let trace = RequestTrace(request, context, proxies: proxies)
        try await auth.register(registration, trace)
        return try await respond(try await auth.login(registration.credentials, trace), request, trace, status: .created)
    }

    @Sendable private func change(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let choice: OrganisationChoice = try await request.decodeJSON(limit: Self.bodyLimit)
        let trace = RequestTrace(request, context, proxies: proxies)
        guard let token = SessionCookie.token(of: request) else { throw Self.noSession }
        do {
            return try await respond(try await auth.change(token, to: choice.organisation, trace), request, trace)
        } catch  where error.isUnauthenticated {
            throw Self.noSession
        }
    }

    @Sendable private func signOut(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        do {
            try await endSession(request, RequestTrace(request, context, proxies: proxies))
        } catch {
            // If auth cannot end the session, deleting the cookies discards its tokens, which scripts could not read.
            if !error.isUnauthenticated { context.logger.warning("session not ended", metadata: ["error": "\(error)"]) }
        }
        var response = Response(status: .noContent)
        for cookie in SessionCookie.endAll(for: request) { response.setCookie(cookie) }
        return response
    }

    /// A token expires before its session; if it is no longer valid, the refresh token ends the session.
    private func endSession(_ request: Request, _ trace: RequestTrace) async throws {
        if let token = SessionCookie.token(of: request) {
            do {
                return try await auth.logout(token, trace)
            } catch  where error.isUnauthenticated {
                guard SessionCookie.refreshToken(of: request) != nil else { throw error }
            }
        }
        guard let refreshToken = SessionCookie.refreshToken(of: request) else { return }
        try await auth.logout(try await auth.refresh(refreshToken, trace).value.token, trace)
    }

    /// The account with the cookies of the session. The cookies are set even if the account cannot be read: the old refresh token is spent,
    /// and a browser that sends it again later would end the session.
    private func respond(
        _ issued: AuthResponse<IssuedToken>, _ request: Request, _ trace: RequestTrace, status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        var headers = issued.limits
        let token = issued.value
        headers[values: .setCookie] =
            ([SessionCookie.issue(token.token, lifetime: token.expiresIn, for: request)]
            + (token.refreshToken.map { [SessionCookie.issueRefresh($0, for: request)] } ?? [])).map(\.description)
        do {
            return try .json(try await auth.account(token.token, trace).value, status: status, headers: headers)
        } catch  where error.isUnauthenticated {
            // The session has ended in between.
            throw Self.noSession
        } catch {
            throw HeaderedError(wrapping: (error as? HeaderedError)?.error ?? error, headers: headers)
        }
    }

    private static let noSession = PixelFlowError(.unauthenticated, code: "session_missing", "Sign in first.")
}

/// The body of `POST /session/organisation`.
private struct OrganisationChoice: Decodable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "OrganisationChoice"
    static let annotations: [String: SchemaAnnotation] = ["organisation": "The organisation to switch to."]

    let organisation: String
}
