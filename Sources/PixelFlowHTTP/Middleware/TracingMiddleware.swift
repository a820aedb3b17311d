import HTTPTypes
package import Hummingbird
package import Tracing

/// Records a span for each request except probes, named after the route, with the attributes of the HTTP semantic conventions.
///
/// The span continues the trace that the caller names in `traceparent`, and ends with the head of the response, like the metrics of
/// requests. Log lines within it contain its ids.
package struct TracingMiddleware: RouterMiddleware {
    package typealias Context = AppRequestContext

    private static let methods: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .patch, .delete, .options, .trace, .connect]
    /// The endpoint name that Hummingbird uses if no route matches.
    private static let unmatched = "NotFound"

    private let tracer: any Tracer
    private let service: String

    /// - Parameter service: the name of the service, such as `api`; several may share a process.
    package init(_ tracer: any Tracer, service: String) {
        self.tracer = tracer
        self.service = service
    }

    package func handle(
        _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        guard !AccessLogMiddleware.probes.contains(request.uri.path) else { return try await next(request, context) }
        var parent = InstrumentationContext.topLevel
        tracer.extract(request.headers, into: &parent, using: HTTPFieldsExtractor())
        // The span is named after the method until the route is known; a client may send any word as the method.
        let method = Self.methods.contains(request.method) ? request.method.rawValue : nil
        let span = tracer.startSpan(method ?? "HTTP", context: parent, ofKind: .server)
        defer { span.end() }
        return try await InstrumentationContext.$current.withValue(span.context) {
            let response = try await next(request, context)
            if span.isRecording { describe(span, request, method, response, context) }
            return response
        }
    }

    private func describe(
        _ span: any Span, _ request: Request, _ method: String?, _ response: Response, _ context: AppRequestContext
    ) {
        let route = context.endpointPath.flatMap { $0 == Self.unmatched ? nil : $0 }
        if let route { span.operationName = "\(method ?? "HTTP") \(route)" }
        let status = Int(response.status.code)
        span.updateAttributes { attributes in
            attributes["http.request.method"] = method ?? "_OTHER"
            attributes["http.route"] = route
            attributes["http.response.status_code"] = status
            // Without the query, which may contain data that must not be logged.
            attributes["url.path"] = request.uri.path
            attributes["pixelflow.service"] = service
            attributes["pixelflow.request_id"] = context.requestID
            if status >= 500 { attributes["error.type"] = String(status) }
        }
        if status >= 500 { span.setStatus(SpanStatus(code: .error)) }
    }
}

private struct HTTPFieldsExtractor: Extractor {
    private static let names = ["traceparent", "tracestate"].reduce(into: [:]) { names, key in names[key] = HTTPField.Name(key) }

    func extract(key: String, from fields: HTTPFields) -> String? { (Self.names[key] ?? HTTPField.Name(key)).flatMap { fields[$0] } }
}
