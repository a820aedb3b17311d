import HTTPTypes
import Hummingbird
import Logging
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity

/// `/register`, `/login`, `/validate` and the public keys.
struct AuthRoutes: Sendable {
    let auth: AuthDependencies

    static let description = ServiceDescription(
        title: "PixelFlow auth",
        text: "Accounts, organisations, tokens and API keys.",
        tags: [
            ("accounts", "Registering and signing in. A token is sent to the api as `Authorization: Bearer TOKEN`."),
            ("sessions", "A session is a sign-in on a device: renew its tokens, end it, and list the others."),
            (
                "organisations",
                "Organisations own tasks, presets and API keys. People are their members, as viewer, member, admin or owner; a person has a personal organisation and can be in others."
            ),
            ("keys", "Credentials for programs. A key is sent like a token, and accepted wherever a token is."),
            ("audit", "Who did what in an organisation."),
            (
                "operator",
                "All accounts and organisations, for operators. The bearer token is `PIXELFLOW_SERVICE_SECRET`."
            ),
            ("service", "For operators."),
        ], examples: RecordedExamples.all)

    var routes: [Route] {
        [
            Route(
                .get, "/register", id: "getRegistration", tag: "accounts", "Ask whether anyone may register", access: .anyone,
                rate: .of(.read),
                responses: [.json(RegistrationState.self, "The state.")], problems: [.databaseUnavailable], handler: registration),
            Route(
                .post, "/register", id: "register", tag: "accounts", "Register an account", access: .anyone, rate: .of(.signIn),
                body: BodyDescription([.json(Registration.self)], "The address and the password of the account."),
                responses: [.json(.created, RegisteredUser.self, "The account.")],
                problems: Self.credentialProblems + [
                    DeclaredProblem(.forbidden, "registration_closed", "New accounts are not accepted here, or only with an invitation."),
                    DeclaredProblem(
                        .notFound, "invitation_invalid",
                        "The invitation is used, revoked, expired, for another address or to a deleted organisation."),
                    DeclaredProblem(.conflict, "too_many_members", "The organisation is full."),
                    DeclaredProblem(.conflict, "email_taken", "The address has an account."),
                    DeclaredProblem(.invalid, "email_invalid", "The address is not valid."),
                    DeclaredProblem(.throttled, "registration_throttled", "Too many registrations from this address."),
                    DeclaredProblem(.unavailable, "registration_busy", "Too many registrations are in progress."), .mailBacklog,
                ] + .newPassword, handler: register),
            Route(
                .post, "/login", id: "login", tag: "accounts", "Sign in", access: .anyone, rate: .of(.signIn),
                body: BodyDescription(
                    [.json(Credentials.self)], "The address and the password of the account, and a code if the second factor is on."),
                responses: [.json(IssuedToken.self, "A token.")],
                problems: Self.credentialProblems + [
                    DeclaredProblem(.unauthenticated, "credentials_invalid", "The address or the password is wrong."),
                    .secondFactorRequired, .secondFactorInvalid,
                    DeclaredProblem(.throttled, "login_throttled", "Too many failures for this account from this address."),
                    DeclaredProblem(.unavailable, "auth_busy", "Too many sign-ins are in progress."),
                    DeclaredProblem(.conflict, "credentials_changed", "The password was changed at the same time."),
                    DeclaredProblem(.forbidden, "account_disabled", "An operator has disabled the account."),
                    DeclaredProblem(.forbidden, "no_organisation", "The account belongs to no organisation."),
                ], handler: login),
            Route(
                .get, "/validate", id: "validateToken", tag: "accounts", "Validate a token", access: .token,
                responses: [.json(Validation.self, "The token is valid.")], problems: [.databaseUnavailable], handler: validate),
            Route(
                .get, "/.well-known/jwks.json", id: "getKeys", tag: "accounts", "Read the public keys of the tokens",
                details: "A JSON Web Key Set (RFC 7517). Keys change rarely; keep them for five minutes.", access: .anyone,
                responses: [.json(JSONWebKeySet.self, "The keys.")], problems: [.databaseUnavailable], handler: jwks),
        ]
    }

    private static let credentialProblems: [DeclaredProblem] = [.databaseUnavailable] + .fields

    /// The page uses this to decide whether to show its registration form.
    @Sendable private func registration(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let mode = auth.accounts.registration
        let needsSetup = try await auth.accounts.setupTokenIfEmpty() != nil
        let state = RegistrationState(registration: mode.rawValue, needsSetup: needsSetup, sendsMail: auth.accounts.outbox != nil)
        return try .json(state, headers: [.cacheControl: "no-store"])
    }

    @Sendable private func register(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let user = try await auth.metrics.countingRegistration {
            // Checked before the body is read: closed registration refuses every request.
            try await auth.accounts.requireSomeRegistration()
            let registration: Registration = try await request.decodeJSON(limit: AuthDependencies.bodyLimit)
            return try await auth.accounts.register(registration, from: auth.origin(request, context))
        }
        context.logger.info("user registered", metadata: ["user_id": .string(user.id.rawValue)])
        return try .json(RegisteredUser(user), status: .created)
    }

    @Sendable private func login(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let credentials: Credentials = try await request.decodeJSON(limit: AuthDependencies.bodyLimit)
        let origin = auth.origin(request, context)
        let (user, issued) = try await auth.metrics.countingLogin {
            do {
                return try await signIn(credentials, origin)
            } catch let error as PixelFlowError where error.code == PixelFlowError.credentialsChanged.code {
                // The password was rehashed or changed at the same time; read the user again.
                return try await signIn(credentials, origin)
            }
        }
        auth.accounts.renewHash(of: user, credentials.password.text)
        context.logger.info("user signed in", metadata: ["user_id": .string(user.id.rawValue)])
        return try .json(issued)
    }

    private func signIn(_ credentials: Credentials, _ origin: RequestOrigin) async throws -> (User, IssuedToken) {
        let (user, use) = try await auth.accounts.login(credentials, from: origin)
        return (user, try await auth.signIns.open(for: user, spending: use, from: origin))
    }

    @Sendable private func validate(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let token = try await auth.metrics.countingValidation {
            try await auth.verifier.inspect(try request.bearerToken(), request, context, proxies: auth.proxies)
        }
        return try .json(Validation(token))
    }

    /// Cached for five minutes, like the cache of a verifier: keys change rarely.
    @Sendable private func jwks(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        try .json(try await auth.issuer.value.jwks, headers: [.cacheControl: "public, max-age=300"])
    }
}
