package import HTTPTypes
package import Hummingbird
import Logging
package import OpenAPI
import PixelFlowCore

/// One route of a service: what it takes, what it answers, and what handles it. It is described from the declaration that it
/// is registered from.
package struct Route: Sendable {
    package typealias Handler = @Sendable (Request, AppRequestContext) async throws -> Response

    package let method: HTTPRequest.Method
    /// With parameters in braces, as `/api/tasks/{id}`.
    package let path: String
    /// Nil for what is not part of the API.
    package let description: OperationDescription?
    private let handler: Handler
    /// What the description says of problems; nil for what is not part of the API.
    private let codes: Set<String>?

    /// - Parameters:
    ///   - id: unique in all services; generated clients name their functions after it.
    ///   - summary: one line.
    ///   - details: CommonMark.
    ///   - access: who may call it.
    ///   - problems: what this route can answer beside the problems of every route, see `CommonProblems`.
    package init(
        _ method: HTTPRequest.Method, _ path: String, id: String, tag: String, _ summary: String, details: String = "", access: RouteAccess,
        parameters: [ParameterDescription] = [], body: BodyDescription? = nil, responses: [ResponseDescription],
        problems: [DeclaredProblem] = [], handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.handler = handler
        let problems = problems + CommonProblems.of(access, hasBody: body != nil)
        codes = Set(problems.map(\.code))
        description = OperationDescription(
            method: method.rawValue.lowercased(), path: path, id: id, tag: tag, summary: summary, details: details,
            parameters: parameters, body: body,
            responses: (responses + DeclaredProblem.responses(problems)).mergedByStatus.map(\.withRequestID), scope: access.scope)
    }

    /// A route that is not part of the API of this service: a file of the page, or a path that another service describes.
    package init(undescribed method: HTTPRequest.Method, _ path: String, handler: @escaping Handler) {
        self.method = method
        self.path = path
        self.handler = handler
        description = nil
        codes = nil
    }

    /// Handles a request. A problem that the route does not declare is answered all the same, and logged as the defect that it is.
    func handle(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        do {
            return try await handler(request, context)
        } catch {
            let problem = Problem(error, requestID: context.requestID)
            if let codes, !codes.contains(problem.code) {
                context.logger.error(
                    "undeclared problem", metadata: ["route": "\(method) \(path)", "code": .string(problem.code)])
            }
            throw error
        }
    }
}

/// Who may call a route.
package enum RouteAccess: Sendable {
    case anyone
    /// Any valid token.
    case token
    /// A token with this scope. Tokens of people have every scope.
    case scope(String)
    /// The service secret; see `ServiceSecretMiddleware`.
    case `operator`

    fileprivate var scope: String? {
        switch self {
        case .anyone: nil
        case .token: ""
        case .scope(let scope): scope
        case .operator: ""
        }
    }
}

extension [ResponseDescription] {
    /// One response a status: a service that is not ready answers 503 with its report, and a problem if it is stopping.
    fileprivate var mergedByStatus: [ResponseDescription] {
        Dictionary(grouping: self, by: \.status).values.compactMap { responses in
            guard var merged = responses.first else { return nil }
            if responses.count > 1 { merged.component = nil }
            for other in responses.dropFirst() {
                merged.text += "\n\n\(other.text)"
                merged.contents += other.contents
                merged.headers += other.headers
            }
            return merged
        }
    }
}

extension ResponseDescription {
    fileprivate var withRequestID: ResponseDescription {
        var response = self
        response.headers.append(.requestID)
        return response
    }

    /// JSON with the schema of a type.
    package static func json(
        _ status: HTTPResponse.Status, _ type: any (Decodable & Sendable).Type, _ text: String, headers: [HeaderDescription] = []
    ) -> Self {
        Self(status.code, text, [.json(type)], headers: headers)
    }

    /// 200 with JSON.
    package static func json(_ type: any (Decodable & Sendable).Type, _ text: String, headers: [HeaderDescription] = []) -> Self {
        json(.ok, type, text, headers: headers)
    }

    package static func empty(_ status: HTTPResponse.Status, _ text: String, headers: [HeaderDescription] = []) -> Self {
        Self(status.code, text, headers: headers)
    }

    /// The answer to a condition that says that the client has the representation already.
    package static let notModified = Self.empty(.notModified, "`If-None-Match` names the current version.", headers: [.eTag])
}

extension HeaderDescription {
    package static let requestID = Self("x-request-id", .string(), "Names the request in the logs.")
    package static let eTag = Self("etag", .string(), "The version of the representation, for `If-None-Match` and `If-Match`.")
    static let retryAfter = Self(
        "retry-after", .integer(atLeast: 0), "Seconds after which the request may be sent again.", isRequired: false)
    static let challenge = Self("www-authenticate", .string(), "The scheme of the token, as of RFC 6750.")
}

extension ParameterDescription {
    package static let ifNoneMatch = Self("If-None-Match", in: .header, .string(), "Entity tags that the client has, or `*`.")
    package static let ifMatch = Self("If-Match", in: .header, .string(), "Entity tags of which one must be current, or `*`.")
}
