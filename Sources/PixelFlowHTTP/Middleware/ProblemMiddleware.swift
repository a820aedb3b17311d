import HTTPTypes
package import Hummingbird
import Logging
import NIOCore
import PixelFlowCore

/// Converts every error to `application/problem+json`, so that routes need not.
///
/// An unexpected error becomes a 500 without details; its cause is logged with the request id.
package struct ProblemMiddleware: RouterMiddleware {
    package typealias Context = AppRequestContext

    package init() {}

    package func handle(
        _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            let problem = Problem(error, requestID: context.requestID)
            Self.report(error, problem, to: context.logger)
            var response = problem.response()
            // The length is that of a GET, as it should be, but the next bytes on the connection belong to the next response.
            if request.method == .head { response = response.createHeadResponse() }
            if request.mayGoOn {
                response.headers[.connection] = "close"
                context.closeConnection(after: Self.linger)
            }
            return response
        }
    }

    /// Long enough for a client to read the response, which closing the connection immediately would discard.
    private static let linger = TimeAmount.seconds(1)

    private static func report(_ error: any Error, _ problem: Problem, to logger: Logger) {
        let level: Logger.Level =
            switch problem.status {
            case 503: .warning
            case 500...: .error
            default: .debug
            }
        guard logger.logLevel <= level else { return }
        logger.log(level: level, "request failed", metadata: ["code": .string(problem.code), "error": .string(String(describing: error))])
    }
}

extension Request {
    /// Whether the client may be sending a large body that will not be read. Any method may have one.
    fileprivate var mayGoOn: Bool {
        if headers.contains(.transferEncoding) { return true }
        return headers[.contentLength].flatMap { Int($0) }.map { $0 > 64 * 1024 } ?? false
    }
}
