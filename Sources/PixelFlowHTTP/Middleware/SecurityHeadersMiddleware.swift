import HTTPTypes
public import Hummingbird

/// Sets the headers that keep a browser from guessing types, framing a response or running anything
/// in it. A route that serves pages sets its own, stricter or wider, and keeps them.
public struct SecurityHeadersMiddleware: RouterMiddleware {
    public typealias Context = AppRequestContext

    public init() {}

    public func handle(
        _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        Self.setDefault(&response.headers, .xContentTypeOptions, "nosniff")
        Self.setDefault(&response.headers, .contentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'")
        Self.setDefault(&response.headers, .referrerPolicy, "no-referrer")
        return response
    }

    private static func setDefault(_ headers: inout HTTPFields, _ name: HTTPField.Name, _ value: String) {
        if !headers.contains(name) { headers.append(HTTPField(name: name, value: value)) }
    }
}
