import HTTPTypes
package import Hummingbird
import WireFormats

/// Gives each request an id: the caller's `x-request-id` where it is a sane one, else a fresh one.
/// Every response carries it, errors included, so this stands outermost.
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
