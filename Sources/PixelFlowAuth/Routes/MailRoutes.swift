import Hummingbird
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import WireFormats

/// `/password/forgot` and `/email/…`: requests that send mail, and those that use the tokens in it.
struct MailRoutes: Sendable {
    let auth: AuthDependencies

    /// Not authenticated by a token: callers have lost their password, or use a token from a message.
    var openRoutes: [Route] {
        [
            Route(
                .post, "/password/forgot", id: "forgotPassword", tag: "accounts", "Ask for a reset token by mail",
                details: """
                    The response is the same whether the address has an account or not; only an account gets a message. Its link leads to \
                    the page and contains a token for `POST /password/reset`. An account gets at most one such message in 5 minutes.
                    """, access: .anyone, rate: .of(.signIn),
                body: BodyDescription([.json(ForgottenAddress.self)], "The address of the account."),
                responses: [.empty(.accepted, "If the address has an account, a message will be sent to it.")],
                problems: [
                    .databaseUnavailable, .mailOff, .mailThrottled, .mailBacklog,
                    DeclaredProblem(.invalid, "email_invalid", "The address is not valid."),
                ] + .fields, handler: forgot),
            Route(
                .post, "/email/verify", id: "verifyEmail", tag: "accounts", "Confirm an address", access: .anyone, rate: .of(.signIn),
                body: BodyDescription([.json(VerificationToken.self)], "The token from the message."),
                responses: [.empty(.noContent, "The address is confirmed.")],
                problems: [
                    .databaseUnavailable, DeclaredProblem(.notFound, "verification_invalid", "The token is used or has expired."),
                ] + .fields, handler: verify),
        ]
    }

    var routes: [Route] {
        [
            Route(
                .post, "/email/verification", id: "sendVerification", tag: "accounts",
                "Send a message that asks the caller to confirm their address",
                details: "The previous message becomes invalid. Within a minute after a message, no other one is sent.", access: .token,
                responses: [.empty(.accepted, "A message is on its way.")],
                problems: [
                    .databaseUnavailable, .personRequired, .mailOff, .mailThrottled, .mailBacklog,
                    DeclaredProblem(.notFound, "not_found", "The account has been deleted."),
                    DeclaredProblem(.conflict, "email_verified", "The address is already confirmed."),
                ], handler: send)
        ]
    }

    @Sendable private func forgot(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let body: ForgottenAddress = try await request.decodeJSON(limit: AuthDependencies.bodyLimit)
        try await auth.accounts.forget(email: body.email.text, from: auth.origin(request, context))
        return Response(status: .accepted)
    }

    @Sendable private func verify(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let body: VerificationToken = try await request.decodeJSON(limit: AuthDependencies.bodyLimit)
        try await auth.accounts.verify(token: body.token, from: auth.origin(request, context))
        return Response(status: .noContent)
    }

    @Sendable private func send(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let caller = try auth.person(request, context)
        try await auth.accounts.sendVerification(to: try await auth.user(caller.principal), from: caller.origin)
        return Response(status: .accepted)
    }
}

extension DeclaredProblem {
    static let mailBacklog = DeclaredProblem(.unavailable, "mail_backlog", "Too many messages wait to be sent.")
    static let organisationMailBacklog = DeclaredProblem(
        .throttled, "organisation_mail_backlog", "Too many messages of the organisation wait to be sent.")
    fileprivate static let mailOff = DeclaredProblem(.forbidden, "mail_off", "The service sends no mail.")
    static let mailThrottled = DeclaredProblem(.throttled, "mail_throttled", "Too many messages from this address.")
}

/// The body of `POST /password/forgot`.
private struct ForgottenAddress: Decodable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "ForgottenAddress"
    static let annotations: [String: SchemaAnnotation] = [
        "email": .init("The address of the account.", ["format": "email", "maxLength": 254])
    ]

    let email: AnyText
}

/// The body of `POST /email/verify`.
private struct VerificationToken: Decodable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "VerificationToken"
    static let annotations: [String: SchemaAnnotation] = ["token": "`pf_verify_…`"]

    let token: String
}
