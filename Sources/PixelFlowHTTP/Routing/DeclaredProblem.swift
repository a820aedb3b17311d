package import HTTPTypes
package import OpenAPI
package import PixelFlowCore
import WireFormats

/// A problem that a route can answer with, for its description.
package struct DeclaredProblem: Sendable {
    package let status: HTTPResponse.Status
    /// Stable; see `PixelFlowError.code`.
    package let code: String
    /// When it is answered.
    package let text: String
    let headers: [HeaderDescription]

    package init(_ kind: PixelFlowError.Kind, _ code: String, _ text: String, headers: [HeaderDescription] = []) {
        self.init(status: kind.status, code, text, headers: headers)
    }

    init(status: HTTPResponse.Status, _ code: String, _ text: String, headers: [HeaderDescription] = []) {
        self.status = status
        self.code = code
        self.text = text
        self.headers = headers
    }

    /// One response for each status, which lists the codes.
    static func responses(_ problems: [DeclaredProblem]) -> [ResponseDescription] {
        Dictionary(grouping: problems, by: \.status.code).sorted { $0.key < $1.key }.map { status, problems in
            let codes = Set(problems.map(\.code)).sorted()
            let schema = JSONSchema.all(of: [
                .component(Problem.schemaName), .object(["code": .choice(codes)]),
            ])
            return ResponseDescription(
                status, problems.map { "`\($0.code)`: \($0.text)" }.joined(separator: "\n\n"),
                [ContentDescription("application/problem+json", .schema(schema))],
                headers: problems.flatMap(\.headers) + standardHeaders(status))
        }
    }

    private static func standardHeaders(_ status: Int) -> [HeaderDescription] {
        switch status {
        case 401: [.challenge]
        case 429, 503, 507: [.retryAfter]
        default: []
        }
    }
}

/// What every route can answer, whatever it does.
enum CommonProblems {
    static func of(_ access: RouteAccess, hasBody: Bool) -> [DeclaredProblem] {
        always + (access.needsToken ? token : []) + (hasBody ? body : [])
    }

    private static let always: [DeclaredProblem] = [
        DeclaredProblem(.malformed, "bad_request", "The request is malformed."),
        DeclaredProblem(status: .requestTimeout, "request_timeout", "The request was not received in time."),
        DeclaredProblem(.throttled, "too_many_connections", "More connections than one address, or the process, may have."),
        DeclaredProblem(status: .requestHeaderFieldsTooLarge, "header_too_large", "A header of more than 32 KiB or 100 fields."),
        DeclaredProblem(.internal, "internal_error", "A defect of PixelFlow. The request id leads to the log."),
        DeclaredProblem(.unavailable, "request_cancelled", "The service is stopping, or the client has disconnected."),
    ]

    private static let token: [DeclaredProblem] = [
        DeclaredProblem(.unauthenticated, "token_missing", "No `Authorization: Bearer TOKEN`."),
        DeclaredProblem(.unauthenticated, "token_invalid", "The token is not valid."),
        DeclaredProblem(.unauthenticated, "token_expired", "The token has expired; sign in again."),
        DeclaredProblem(.unavailable, "auth_unavailable", "The keys of the tokens cannot be read."),
    ]

    private static let body: [DeclaredProblem] = [
        DeclaredProblem(.tooLarge, "body_too_large", "The body is too large."),
        DeclaredProblem(.malformed, "invalid_json", "The body is not valid JSON."),
        DeclaredProblem(.unsupportedMediaType, "unsupported_media_type", "The media type of the body is not accepted."),
    ]
}

extension DeclaredProblem {
    package static let preconditionFailed = DeclaredProblem(
        .preconditionFailed, "precondition_failed", "`If-Match` or `If-None-Match` does not hold.")
}
