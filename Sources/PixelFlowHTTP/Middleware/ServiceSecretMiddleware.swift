package import Hummingbird

/// Accepts only requests with the service secret as their bearer token: those of operators and other services. Sets no principal, because
/// they act for no tenant.
///
/// Throws `operator_access_off`, a 403, if no secret is set; otherwise `token_missing` or `token_invalid`, each a 401.
package struct ServiceSecretMiddleware: RouterMiddleware {
    package typealias Context = AppRequestContext

    private let secret: ServiceSecret

    package init(_ secret: ServiceSecret) {
        self.secret = secret
    }

    package func handle(
        _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        try secret.require(in: request)
        return try await next(request, context)
    }
}
