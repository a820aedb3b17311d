package import Hummingbird
import Logging
import WireFormats

/// Writes one line for each request: at info, and at debug for the probes that come every few seconds.
package struct AccessLogMiddleware: RouterMiddleware {
    package typealias Context = AppRequestContext

    /// Paths that are asked for every few seconds.
    static let probes: Set<String> = ["/health", "/livez", "/readyz", "/metrics"]

    package init() {}

    package func handle(
        _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        let path = request.uri.path
        let level: Logger.Level = Self.probes.contains(path) ? .debug : .info
        guard context.logger.logLevel <= level else { return try await next(request, context) }
        let start = ContinuousClock.now
        let response = try await next(request, context)
        let elapsed = ContinuousClock.now - start
        var metadata: Logger.Metadata = [
            "method": .string(request.method.rawValue),
            // The query is omitted: it may contain data that must not appear in a log.
            "path": .string(path.utf8.count <= 512 ? path : String(path.prefix(512))),
            "route": .string(context.endpointPath ?? "none"),
            "status": .stringConvertible(response.status.code),
            // With three digits after the point.
            "milliseconds": .stringConvertible(Double(elapsed.microseconds) / 1000),
        ]
        // A streamed body has no known length.
        if let bytes = response.body.contentLength { metadata["bytes"] = .stringConvertible(bytes) }
        context.logger.log(level: level, "request", metadata: metadata)
        return response
    }
}
