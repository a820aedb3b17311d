import HTTPTypes
import Hummingbird
import PixelFlowHTTP

/// Prevents caches from serving the data of one session to another: they must keep responses apart by cookie and revalidate each one before
/// use.
struct SessionCaching: RouterMiddleware {
    typealias Context = AppRequestContext

    func handle(
        _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            // A problem is not stored at all, but it depends on the cookie as well.
            throw HeaderedError(wrapping: error, headers: [.vary: "Cookie"])
        }
        let directives = (response.headers[.cacheControl] ?? "").split(separator: ",").map { $0.filter { !$0.isWhitespace }.lowercased() }
        guard !directives.contains("public") else { return response }
        if !directives.contains("no-store") { response.headers[.cacheControl] = "private, no-cache" }
        response.headers.addVary("Cookie")
        return response
    }
}

extension HTTPFields {
    /// Adds a field on which a response depends to those of `Vary`.
    mutating func addVary(_ field: String) {
        let vary = self[values: .vary].joined(separator: ", ")
        let isNamed = vary.split(separator: ",").contains {
            [field.lowercased(), "*"].contains($0.filter { !$0.isWhitespace }.lowercased())
        }
        if !isNamed { self[.vary] = vary.isEmpty ? field : "\(vary), \(field)" }
    }
}
