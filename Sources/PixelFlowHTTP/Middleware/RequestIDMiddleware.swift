import HTTPTypes
package import Hummingbird
import WireFormats

/// Assigns each request an id: the caller's `x-request-id` if it is well-formed, otherwise a new one.
/// Every response carries it, including errors, so this middleware is the outermost.
package struct RequestIDMiddleware: RouterMiddleware {
    package typealias Context = AppRequestContext

    package init() {}

    package func handle(
        _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        if let given = request.headers[.xRequestID], Self.isSane(given) { context.adopt(requestID: given) }
        var response = try await next(request, context)
        response.headers[.xRequestID] = context.requestID
        return response
    }

    /// Letters, digits and `-_.`, at most 64: nothing that could break a log line or a header.
    static func isSane(_ id: String) -> Bool { (1...64).contains(id.utf8.count) && characters.containsAll(of: id) }

    private static let characters = ASCIISet.alphanumerics.union("-_.")
}
