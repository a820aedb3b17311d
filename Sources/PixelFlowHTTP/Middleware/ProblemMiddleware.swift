import HTTPTypes
public import Hummingbird
import Logging
import PixelFlowCore

/// Turns each error into `application/problem+json`, so that no route needs to.
///
/// What nobody foresaw becomes a 500 without detail; its cause is in the log, under the request's id.
public struct ProblemMiddleware: RouterMiddleware {
    public typealias Context = AppRequestContext

    public init() {}

    public func handle(
        _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            let problem = Problem(error, requestID: context.requestID)
            Self.report(error, problem, to: context.logger)
            return problem.response()
        }
    }

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
