import Hummingbird
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import WireFormats

/// `/me` and `/password`: a person's own account.
struct AccountRoutes: Sendable {
    let auth: AuthDependencies

    /// Not authenticated by a token: the reset token is the credential.
    var openRoutes: [Route] {
        [
            Route(
                .post, "/password/reset", id: "resetPassword", tag: "accounts", "Set a new password with a reset token",
                details: """
                    `POST /password/forgot` mails the token, or an operator creates it. It is valid once, for an hour. All sessions of the \
                    account end, and the API keys of its personal organisation are revoked.
                    """, access: .anyone, rate: .of(.signIn),
                body: BodyDescription([.json(PasswordReset.self)], "The token and the new password."),
                responses: [.empty(.noContent, "The password is set.")],
                problems: Self.passwordProblems + [
                    DeclaredProblem(.notFound, "reset_invalid", "The token is used or has expired.")
                ], handler: reset)
        ]
    }

    var routes: [Route] {
        [
            Route(
                .get, "/me", id: "getMe", tag: "accounts", "Read the caller's account", access: .token,
                responses: [.json(AccountView.self, "The account.")], problems: [.databaseUnavailable, .personRequired, Self.gone],
                handler: me),
            Route(
                .delete, "/me", id: "deleteMe", tag: "accounts", "Delete the caller's account",
                details: """
                    Also deletes the personal organisation and every organisation without other members. The last owner of an organisation \
                    with other members must hand it over first.
                    """, access: .token, body: BodyDescription([.json(PasswordConfirmation.self)], "The password, as a confirmation."),
                responses: [.empty(.noContent, "The account is deleted.")],
                problems: [
                    .databaseUnavailable, .personRequired, Self.gone, Self.wrongPassword, Self.throttled, Self.busy,
                    DeclaredProblem(.conflict, "last_owner", "Another organisation would be without an owner."),
                ] + .fields, handler: delete),
            Route(
                .post, "/password", id: "changePassword", tag: "accounts", "Change the caller's password",
                details: "Ends every other session of the account.", access: .token,
                body: BodyDescription([.json(PasswordChange.self)], "The current and the new password."),
                responses: [.empty(.noContent, "The password is changed.")],
                problems: Self.passwordProblems + [.personRequired, Self.gone, Self.wrongPassword, Self.throttled, Self.busy],
                handler: changePassword),
        ]
    }

    static let gone = DeclaredProblem(.notFound, "not_found", "The account has been deleted.")
    static let wrongPassword = DeclaredProblem(.forbidden, "password_wrong", "The password is not the account's.")
    static let throttled = DeclaredProblem(.throttled, "login_throttled", "Too many failures for this account from this address.")
    static let busy = DeclaredProblem(.unavailable, "auth_busy", "Too many sign-ins are in progress.")
    private static let passwordProblems: [DeclaredProblem] =
        [
            .databaseUnavailable, DeclaredProblem(.unavailable, "registration_busy", "Too many passwords are being hashed."),
        ] + .newPassword + .fields

    @Sendable private func me(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let principal = try auth.person(request, context).principal
        let user = try await auth.user(principal)
        return try .json(AccountView(user, principal, try await auth.store.secondFactor(of: user.id)))
    }

    @Sendable private func changePassword(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let caller = try auth.person(request, context)
        let body: PasswordChange = try await request.decodeJSON(limit: AuthDependencies.bodyLimit)
        let user = try await auth.user(caller.principal)
        try await auth.accounts.setPassword(
            of: user, present: body.password.text, new: body.newPassword.text, keeping: caller.principal.session, from: caller.origin)
        await auth.verifier.refreshRevocations()
        return Response(status: .noContent)
    }

    @Sendable private func reset(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let body: PasswordReset = try await request.decodeJSON(limit: AuthDependencies.bodyLimit)
        try await auth.accounts.resetPassword(token: body.token, new: body.newPassword.text, from: auth.origin(request, context))
        await auth.verifier.refreshRevocations()
        return Response(status: .noContent)
    }

    @Sendable private func delete(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let caller = try auth.person(request, context)
        let body: PasswordConfirmation = try await request.decodeJSON(limit: AuthDependencies.bodyLimit)
        let user = try await auth.user(caller.principal)
        try await auth.accounts.confirm(body.password.text, of: user, from: caller.origin)
        let audit = caller.audit(.userDeleted, in: user.tenant, target: user.id.rawValue, detail: user.email)
        try await auth.store.delete(user, audit: audit, at: caller.origin.at)
        await auth.verifier.refreshRevocations()
        return Response(status: .noContent)
    }
}

struct AccountView: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "OwnAccount"
    static let annotations: [String: SchemaAnnotation] = [
        "id": "The id of the account.", "email": .init("Its address.", ["format": "email"]),
        "tenant": "The personal organisation.", "organisation": "The organisation that the token is for.",
        "role": .init("The role in it.", schema: Role.schema), "second_factor": "Whether each sign-in needs a code.",
        "recovery_codes": .init("The number of unused recovery codes.", ["minimum": 0]),
        "created_at": .init("RFC 3339.", ["format": "date-time"]),
        "email_verified": "Whether the address has been confirmed.",
    ]

    let id: String
    let email: String
    let emailVerified: Bool
    let tenant: String
    let organisation: String
    let role: String?
    let secondFactor: Bool
    let recoveryCodes: Int
    let createdAt: String

    init(_ user: User, _ principal: Principal, _ factor: SecondFactor?) {
        id = user.id.rawValue
        email = user.email
        emailVerified = user.emailVerifiedAt != nil
        tenant = user.tenant.rawValue
        organisation = principal.tenant.rawValue
        role = principal.role?.rawValue
        secondFactor = factor?.confirmedAt != nil
        recoveryCodes = factor?.recoveryHashes.count ?? 0
        createdAt = user.createdAt.iso8601
    }

    enum CodingKeys: String, CodingKey {
        case id, email, tenant, organisation, role
        case secondFactor = "second_factor"
        case recoveryCodes = "recovery_codes"
        case emailVerified = "email_verified"
        case createdAt = "created_at"
    }
}

/// The body of `POST /password`.
private struct PasswordChange: Decodable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "PasswordChange"
    static let annotations: [String: SchemaAnnotation] = [
        "password": .init("The current password.", ["format": "password", "maxLength": 1024]),
        "new_password": .init("At least 8 characters and at most 1,024 bytes.", ["format": "password", "minLength": 8, "maxLength": 1024]),
    ]

    let password: AnyText
    let newPassword: AnyText

    enum CodingKeys: String, CodingKey {
        case password
        case newPassword = "new_password"
    }
}

/// The body of `POST /password/reset`.
private struct PasswordReset: Decodable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "PasswordReset"
    static let annotations: [String: SchemaAnnotation] = [
        "token": "`pf_reset_…`",
        "new_password": .init("At least 8 characters and at most 1,024 bytes.", ["format": "password", "minLength": 8, "maxLength": 1024]),
    ]

    let token: String
    let newPassword: AnyText

    enum CodingKeys: String, CodingKey {
        case token
        case newPassword = "new_password"
    }
}

/// The body of requests that must be confirmed with the password.
struct PasswordConfirmation: Decodable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "PasswordConfirmation"
    static let annotations: [String: SchemaAnnotation] = ["password": .init("The password.", ["format": "password", "maxLength": 1024])]

    let password: AnyText
}
