import Hummingbird
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import WireFormats

/// `/me/second-factor`: codes of an authenticator app in addition to the password.
struct SecondFactorRoutes: Sendable {
    let auth: AuthDependencies

    var routes: [Route] {
        [
            Route(
                .post, "/me/second-factor", id: "offerSecondFactor", tag: "accounts", "Get the secret for an authenticator app",
                details: """
                    Nothing changes until a code confirms the secret. Each call creates a new secret and invalidates the previous ones.
                    """, access: .token, body: BodyDescription([.json(PasswordConfirmation.self)], "The password, as a confirmation."),
                responses: [.json(.created, OfferedSecondFactor.self, "The secret.")],
                problems: Self.problems + [
                    AccountRoutes.wrongPassword, AccountRoutes.throttled, AccountRoutes.busy,
                    DeclaredProblem(.conflict, "second_factor_on", "The second factor is already on."),
                ], handler: offer),
            Route(
                .put, "/me/second-factor", id: "confirmSecondFactor", tag: "accounts", "Turn the second factor on",
                details:
                    "From then on each sign-in needs a code from the app or one of the recovery codes, each of which can be used once.",
                access: .token, body: BodyDescription([.json(SecondFactorCode.self)], "A code of the app."),
                responses: [.json(RecoveryCodes.self, "The recovery codes, shown only once.")],
                problems: Self.problems + [
                    Self.wrongCode, DeclaredProblem(.conflict, "second_factor_missing", "There is no secret to confirm."),
                ], handler: confirm),
            Route(
                .delete, "/me/second-factor", id: "removeSecondFactor", tag: "accounts", "Turn the second factor off",
                details:
                    "Also succeeds if it is off. An operator can turn it off for someone who has lost the app and the recovery codes.",
                access: .token,
                body: BodyDescription([.json(SecondFactorRemoval.self)], "The password and a code."),
                responses: [.empty(.noContent, "The second factor is off.")],
                problems: Self.problems + [AccountRoutes.wrongPassword, AccountRoutes.throttled, AccountRoutes.busy, Self.wrongCode],
                handler: remove),
        ]
    }

    private static let problems: [DeclaredProblem] = [.databaseUnavailable, .personRequired, AccountRoutes.gone] + .fields
    private static let wrongCode = DeclaredProblem(.forbidden, "second_factor_invalid", "The code is wrong or has already been used.")

    @Sendable private func offer(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let caller = try auth.person(request, context)
        let body: PasswordConfirmation = try await request.decodeJSON(limit: AuthDependencies.bodyLimit)
        let user = try await auth.user(caller.principal)
        let secret = try await auth.accounts.offerSecondFactor(to: user, password: body.password.text, from: caller.origin)
        return try .json(
            OfferedSecondFactor(secret: secret, url: TimeBasedCode.address(of: secret, account: user.email)), status: .created,
            headers: [.cacheControl: "no-store"])
    }

    @Sendable private func confirm(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let caller = try auth.person(request, context)
        let body: SecondFactorCode = try await request.decodeJSON(limit: AuthDependencies.bodyLimit)
        let user = try await auth.user(caller.principal)
        let codes = try await auth.accounts.confirmSecondFactor(of: user, code: body.code, from: caller.origin)
        return try .json(RecoveryCodes(recoveryCodes: codes.map(\.text)), headers: [.cacheControl: "no-store"])
    }

    @Sendable private func remove(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let caller = try auth.person(request, context)
        let body: SecondFactorRemoval = try await request.decodeJSON(limit: AuthDependencies.bodyLimit)
        let user = try await auth.user(caller.principal)
        try await auth.accounts.removeSecondFactor(of: user, password: body.password.text, code: body.code, from: caller.origin)
        return Response(status: .noContent)
    }
}

/// The response of `POST /me/second-factor`.
private struct OfferedSecondFactor: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "OfferedSecondFactor"
    static let annotations: [String: SchemaAnnotation] = [
        "secret": "Base32, for manual entry into the app.", "url": "`otpauth://…`, for apps that read it from a QR code.",
    ]

    let secret: String
    let url: String
}

/// The body of `PUT /me/second-factor`.
private struct SecondFactorCode: Decodable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "SecondFactorCode"
    static let annotations: [String: SchemaAnnotation] = ["code": .init("Six digits of the app.", ["maxLength": 64])]

    let code: String
}

/// The body of `DELETE /me/second-factor`.
private struct SecondFactorRemoval: Decodable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "SecondFactorRemoval"
    static let annotations: [String: SchemaAnnotation] = [
        "password": .init("The password.", ["format": "password", "maxLength": 1024]),
        "code": .init("Six digits of the app, or a recovery code.", ["maxLength": 64]),
    ]

    let password: AnyText
    let code: String
}

/// The response of `PUT /me/second-factor`.
private struct RecoveryCodes: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "RecoveryCodes"
    static let annotations: [String: SchemaAnnotation] = ["recovery_codes": "Each can be used once instead of a code."]

    let recoveryCodes: [String]

    enum CodingKeys: String, CodingKey {
        case recoveryCodes = "recovery_codes"
    }
}
