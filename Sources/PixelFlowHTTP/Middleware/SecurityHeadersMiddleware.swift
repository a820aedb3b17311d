import HTTPTypes
package import Hummingbird

/// Sets the headers that prevent a browser from guessing types, and from framing a response or running anything in it. Keeps headers that a
/// route, such as one that serves pages, has set itself.
package struct SecurityHeadersMiddleware: RouterMiddleware {
    package typealias Context = AppRequestContext

    /// Browsers expect at least half a year; a year is usual.
    private static let strictTransport = "max-age=31536000"

    private let proxies: TrustedProxies?

    /// - Parameter proxies: if one of them reports that the client used https, the browser is instructed to use https
    ///   from then on (HSTS). Nil for a service that no browser opens.
    package init(proxies: TrustedProxies? = nil) { self.proxies = proxies }

    package func handle(
        _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        Self.setDefault(&response.headers, .xContentTypeOptions, "nosniff")
        Self.setDefault(&response.headers, .contentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'")
        Self.setDefault(&response.headers, .referrerPolicy, "no-referrer")
        if proxies?.saysHTTPS(request, context) == true {
            Self.setDefault(&response.headers, .strictTransportSecurity, Self.strictTransport)
        }
        return response
    }

    private static func setDefault(_ headers: inout HTTPFields, _ name: HTTPField.Name, _ value: String) {
        if !headers.contains(name) { headers.append(HTTPField(name: name, value: value)) }
    }
}
