package import Hummingbird
import Logging
import WireFormats

/// Logs one line per request: at info, or at debug for probes, which arrive every few seconds.
package struct AccessLogMiddleware: RouterMiddleware {
    package typealias Context = AppRequestContext

    /// Paths that are polled every few seconds.
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
            // The query is omitted, because it may contain data that must not be logged.
            "path": .string(path.utf8.count <= 512 ? path : String(path.prefix(512))),
            "route": .string(context.endpointPath ?? "none"),
            "status": .stringConvertible(response.status.code),
            // In milliseconds with three decimal places.
            "milliseconds": .stringConvertible(Double(elapsed.microseconds) / 1000),
        ]
        // A streamed body has no known length.
        if let bytes = response.body.contentLength { metadata["bytes"] = .stringConvertible(bytes) }
        context.logger.log(level: level, "request", metadata: metadata)
        return response
    }
}
