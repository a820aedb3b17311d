import Foundation
package import HTTPTypes
package import OpenAPI
package import PixelFlowCore
import WireFormats

/// A problem that a route can respond with, for its description.
package struct DeclaredProblem: Sendable {
    package let status: HTTPResponse.Status
    /// Stable; see `PixelFlowError.code`.
    package let code: String
    /// The conditions of the problem.
    package let text: String
    let headers: [HeaderDescription]
    /// Whether the code has the same meaning in all routes.
    fileprivate let isCommon: Bool

    package init(_ kind: PixelFlowError.Kind, _ code: String, _ text: String, headers: [HeaderDescription] = []) {
        self.init(status: kind.status, code, text, headers: headers)
    }

    fileprivate init(
        status: HTTPResponse.Status, _ code: String, _ text: String, headers: [HeaderDescription] = [], isCommon: Bool = false
    ) {
        self.status = status
        self.isCommon = isCommon
        self.code = code
        self.text = text
        self.headers = headers
    }

    /// One response per status, which lists the codes.
    static func responses(_ problems: [DeclaredProblem]) -> [ResponseDescription] {
        Dictionary(grouping: problems, by: \.status.code).sorted { $0.key < $1.key }.map { status, problems in
            let codes = Set(problems.map(\.code)).sorted()
            let schema = JSONSchema.all(of: [
                .component(Problem.schemaName), .object(["code": .choice(codes)]),
            ])
            return ResponseDescription(
                status, problems.map { "`\($0.code)`: \($0.text)" }.joined(separator: "\n\n"),
                [ContentDescription("application/problem+json", .schema(schema))],
                headers: problems.flatMap(\.headers) + standardHeaders(status),
                component: problems.allSatisfy(\.isCommon) ? codes.map(camelCase).joined(separator: "Or") : nil)
        }
    }

    private static func camelCase(_ code: String) -> String { code.split(separator: "_").map(\.capitalized).joined() }

    private static func standardHeaders(_ status: Int) -> [HeaderDescription] {
        switch status {
        case 401: [.challenge]
        case 429, 503, 507: [.retryAfter]
        default: []
        }
    }
}

/// Problems that any route can respond with.
enum CommonProblems {
    /// - Parameter isRead: whether the route changes nothing.
    static func of(_ access: RouteAccess, _ body: BodyDescription?, isLimited: Bool, isRead: Bool) -> [DeclaredProblem] {
        always + credentials(access) + (body == nil ? [] : self.body) + (isRead ? [] : [unknownParameter]) + (isLimited ? limit : [])
    }

    private static func credentials(_ access: RouteAccess) -> [DeclaredProblem] {
        switch access {
        case .anyone: []
        case .token: token + network
        case .scope, .scopeOrFirstMessage: token + network + scope
        case .operator: secret
        }
    }

    private static let always: [DeclaredProblem] = [
        common(PixelFlowError.Kind.malformed.status, "bad_request", "The request is malformed."),
        common(.requestTimeout, "request_timeout", "The request was not received in time."),
        common(
            PixelFlowError.Kind.throttled.status, "too_many_connections", "The address, or the process, has too many connections."),
        common(.requestHeaderFieldsTooLarge, "header_too_large", "A header of more than 32 KiB or 100 fields."),
        common(PixelFlowError.Kind.internal.status, "internal_error", "A defect of PixelFlow; the log shows it under the request id."),
        common(PixelFlowError.Kind.unavailable.status, "request_cancelled", "The service is stopping, or the client has disconnected."),
    ]

    private static let secret: [DeclaredProblem] = [
        tokenMissing, tokenInvalid,
        common(PixelFlowError.Kind.forbidden.status, "operator_access_off", "No service secret is set."),
    ]

    private static let tokenMissing = common(
        PixelFlowError.Kind.unauthenticated.status, "token_missing", "No `Authorization: Bearer TOKEN`.")
    private static let tokenInvalid = common(
        PixelFlowError.Kind.unauthenticated.status, "token_invalid", "The token is not valid.")

    private static let token: [DeclaredProblem] = [
        tokenMissing, tokenInvalid,
        common(PixelFlowError.Kind.unauthenticated.status, "token_expired", "The token or API key has expired."),
        common(PixelFlowError.Kind.unauthenticated.status, "token_revoked", "The session, API key or membership has ended or changed."),
        common(
            PixelFlowError.Kind.unavailable.status, "auth_unavailable", "The keys or revocations needed to verify the token cannot be read."
        ),
        common(
            PixelFlowError.Kind.throttled.status, DeclaredProblem.authenticationThrottled.code,
            DeclaredProblem.authenticationThrottled.text),
    ]

    private static let scope = [
        common(PixelFlowError.Kind.forbidden.status, "insufficient_scope", "The token or key lacks the scope of this operation.")
    ]

    private static let network = [
        common(PixelFlowError.Kind.forbidden.status, "network_not_allowed", "The API key may not be used from this address.")
    ]

    private static let limit = [
        common(
            PixelFlowError.Kind.throttled.status, "rate_limited",
            "The caller has made more requests than a limit allows; `detail` names the limit.")
    ]

    private static let body: [DeclaredProblem] = [
        common(PixelFlowError.Kind.tooLarge.status, "body_too_large", "The body is too large."),
        common(PixelFlowError.Kind.malformed.status, "invalid_json", "The body is not valid JSON."),
        common(PixelFlowError.Kind.malformed.status, "upload_aborted", "The request ended before its body was complete."),
        common(PixelFlowError.Kind.unsupportedMediaType.status, "unsupported_media_type", "The media type of the body is not accepted."),
    ]

    private static let unknownParameter = common(
        PixelFlowError.Kind.invalid.status, "unknown_parameter", "The route has no such parameter in its query or body.")

    private static func common(_ status: HTTPResponse.Status, _ code: String, _ text: String) -> DeclaredProblem {
        DeclaredProblem(status: status, code, text, isCommon: true)
    }
}

extension DeclaredProblem {
    /// Of what takes an API key without needing one; `CommonProblems` has it for the rest.
    package static let authenticationThrottled = DeclaredProblem(
        .throttled, "authentication_throttled", "Too many unknown API keys from this address.")
    package static let invalidParameter = DeclaredProblem(
        .invalid, "invalid_value", "A parameter has a value that is not accepted.")
    package static let preconditionFailed = DeclaredProblem(
        .preconditionFailed, "precondition_failed", "`If-Match` or `If-None-Match` does not hold.")
}

extension [DeclaredProblem] {
    /// Problems of a body with a new password.
    package static let newPassword = [
        DeclaredProblem(.invalid, "password_too_short", "The password has fewer than 8 characters."),
        DeclaredProblem(.invalid, "password_too_long", "The password has more than 1,024 bytes."),
        DeclaredProblem(.invalid, "password_too_common", "The password is one of the 10,000 most common ones."),
    ]
}
