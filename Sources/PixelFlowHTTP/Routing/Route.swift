package import HTTPTypes
package import Hummingbird
import Logging
package import OpenAPI
package import PixelFlowCore

/// One route of a service: its parameters, its responses and its handler. The same declaration is used to register and to describe it.
package struct Route: Sendable {
    package typealias Handler = @Sendable (Request, AppRequestContext) async throws -> Response

    package let method: HTTPRequest.Method
    /// The path with parameters in braces, such as `/api/tasks/{id}`.
    package let path: String
    /// Nil if the route is not part of the API.
    package let description: OperationDescription?
    private let handler: Handler
    private let access: RouteAccess
    /// Nil for a route without a limit.
    private let rateClass: RateClass?
    /// The declared problem codes; nil if the route is not part of the API.
    private let codes: Set<String>?
    /// The parameters that its query may have; nil if it may have any. Reads ignore what they do not know: mistyped, it changes nothing.
    private let queryParameters: Set<String>?

    /// - Parameters:
    ///   - id: unique across all services; generated clients name their functions after it.
    ///   - summary: a single line.
    ///   - details: in CommonMark.
    ///   - access: who may call it.
    ///   - rate: the limits that count its requests.
    ///   - problems: the problems of this route in addition to those of every route, see `CommonProblems`.
    package init(
        _ method: HTTPRequest.Method, _ path: String, id: String, tag: String, _ summary: String, details: String = "", access: RouteAccess,
        rate: RouteRate = .byMethod, parameters: [ParameterDescription] = [], body: BodyDescription? = nil,
        responses: [ResponseDescription],
        problems: [DeclaredProblem] = [], handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.handler = handler
        self.access = access
        let rateClass = rate.rateClass(method, access)
        self.rateClass = rateClass
        let declared = Set(problems.map(\.code))
        let isRead = method == .get || method == .head
        queryParameters = isRead ? nil : Set(parameters.filter { $0.location == .query }.map(\.name))
        // A route may say more of a common problem.
        let problems =
            problems
            + CommonProblems.of(access, body, isLimited: rateClass != nil, isRead: isRead).filter { !declared.contains($0.code) }
        codes = Set(problems.map(\.code))
        description = OperationDescription(
            method: method.rawValue.lowercased(), path: path, id: id, tag: tag, summary: summary, details: details,
            parameters: parameters, body: body,
            responses: (responses + DeclaredProblem.responses(problems)).mergedByStatus.map {
                $0.withCommonHeaders(isLimited: rateClass != nil)
            },
            scope: access.scope)
    }

    /// A route that is not part of this service's API: a file of the page, or a path that another service describes.
    package init(undescribed method: HTTPRequest.Method, _ path: String, handler: @escaping Handler) {
        self.method = method
        self.path = path
        self.handler = handler
        access = .anyone
        rateClass = nil
        description = nil
        codes = nil
        queryParameters = nil
    }

    /// Counts, if there is a limit, and then handles a request. A problem that the route does not declare is returned nevertheless, and
    /// logged as a defect.
    func responder(limits: RequestLimits) -> Handler {
        guard let rateClass, limits.hasLimit(rateClass) else { return { try await handle($0, $1) } }
        return { try await handle($0, $1, rateClass, limits) }
    }

    private func handle(
        _ request: Request, _ context: AppRequestContext, _ rateClass: RateClass, _ limits: RequestLimits
    ) async throws -> Response {
        guard let headers = try await limits.admit(rateClass, request, context) else { return try await handle(request, context) }
        do {
            var response = try await handle(request, context)
            response.headers.append(contentsOf: headers)
            return response
        } catch {
            throw HeaderedError(wrapping: error, headers: headers)
        }
    }

    private func handle(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        // No name or id has this character, which databases refuse in any text.
        if request.uri.path.utf8.containsEncodedNUL { throw HTTPError(.notFound) }
        do {
            // Check here and not in the handlers, so that no route can forget it.
            switch access {
            case .scope(let scope): try context.requirePrincipal().require(scope)
            case .scopeOrFirstMessage(let scope): try context.principal?.require(scope)
            case .anyone, .token, .operator: break
            }
            if let queryParameters, let query = request.uri.query {
                if let unknown = QueryParameters(query).names.first(where: { !queryParameters.contains($0) }) {
                    throw PixelFlowError.invalid(unknown, "Unknown query parameter \(unknown).", code: "unknown_parameter")
                }
            }
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

extension String.UTF8View {
    /// Bytes, because a search for a substring is slow, and every request needs it.
    fileprivate var containsEncodedNUL: Bool {
        indices.contains { self[$0] == UInt8(ascii: "%") && self[$0...].dropFirst().starts(with: "00".utf8) }
    }
}

/// Who may call a route.
package enum RouteAccess: Sendable {
    case anyone
    /// Any valid token.
    case token
    /// A token or an API key with this scope; see `Role.scopes` for the scopes of users.
    case scope(Scope)
    /// Like `scope`, but a WebSocket may open without a token and send it as the first message, which the route then verifies.
    case scopeOrFirstMessage(Scope)
    /// Services and operators, which send `PIXELFLOW_SERVICE_SECRET`.
    case `operator`

    fileprivate var scope: String? {
        switch self {
        case .anyone: nil
        case .token, .operator: ""
        case .scope(let scope), .scopeOrFirstMessage(let scope): scope.rawValue
        }
    }

}

extension [ResponseDescription] {
    /// One response per status: a service that is not ready responds with 503 and its report, or with a problem if it is stopping.
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
    fileprivate func withCommonHeaders(isLimited: Bool) -> ResponseDescription {
        var response = self
        response.headers.append(.requestID)
        // A shared response is described once for all routes, whether they have a limit or not.
        if isLimited || response.component != nil { response.headers += [.rateLimit, .rateLimitPolicy] }
        return response
    }

    /// JSON with the schema of the type.
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

    /// The response to a precondition if the client already has the representation.
    package static let notModified = Self.empty(.notModified, "`If-None-Match` names the current version.", headers: [.eTag])
}

extension HeaderDescription {
    package static let requestID = Self("x-request-id", .string(), "Names the request in the logs.")
    package static let eTag = Self("etag", .string(), "The version of the representation, for `If-None-Match` and `If-Match`.")
    static let rateLimit = Self(
        "ratelimit", .string(), "For each limit, the remaining requests and the seconds until the full quota is available.",
        isRequired: false)
    static let rateLimitPolicy = Self(
        "ratelimit-policy", .string(), "The limits of the route: for each the quota and the seconds that it is for.", isRequired: false)
    static let retryAfter = Self(
        "retry-after", .integer(atLeast: 0), "Seconds after which the request may be sent again.", isRequired: false)
    static let challenge = Self("www-authenticate", .string(), "The scheme of the token, as of RFC 6750.")
}

extension ParameterDescription {
    package static let ifNoneMatch = Self("If-None-Match", in: .header, .string(), "Entity tags that the client has, or `*`.")
    package static let ifMatch = Self("If-Match", in: .header, .string(), "Entity tags of which one must be current, or `*`.")
}
