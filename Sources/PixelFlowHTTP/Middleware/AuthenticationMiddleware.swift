import HTTPTypes
package import Hummingbird
package import PixelFlowCore

/// Lets only requests with a valid bearer token through, and puts its principal into the context.
///
/// Throws `token_missing`, `token_invalid` or `token_expired`, each a 401.
package struct AuthenticationMiddleware: RouterMiddleware {
    package typealias Context = AppRequestContext

    private let verifier: TokenVerifier

    package init(verifier: TokenVerifier) {
        self.verifier = verifier
    }

    package func handle(
        _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        let token = try request.bearerToken()
        var context = context
        // Nearly every token has been seen before: that path takes no suspension.
        if let known = verifier.cached(token) {
            context.principal = known.principal
        } else {
            context.principal = try await verifier.verify(token)
        }
        return try await next(request, context)
    }
}

extension Request {
    /// The token of `Authorization: Bearer …`.
    ///
    /// - Throws: `token_missing` if there is no such header.
    package func bearerToken() throws(PixelFlowError) -> String {
        guard let header = headers[.authorization] else { throw .tokenMissing }
        let parts = header.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw .tokenMissing }
        return String(parts[1])
    }
}
