import HTTPTypes
import Hummingbird
import PixelFlowCore
import PixelFlowHTTP

/// Refuses cross-site requests from browsers (CSRF): every change, and every request that is authenticated by a cookie. Clients that are
/// not browsers send neither `Origin` nor `Sec-Fetch-Site` and pass, unless they send the cookie.
struct CrossSiteGuard: RouterMiddleware {
    typealias Context = AppRequestContext

    /// For routes that read the cookies themselves, whatever other credentials the request has.
    static let session = CrossSiteGuard { SessionCookie.isSent(with: $0) }
    /// For proxied routes, where the cookie is the credential only if the request has no other.
    static let proxy = CrossSiteGuard { SessionCookie.credential(of: $0) != nil }

    private let countsOnCookie: @Sendable (Request) -> Bool

    private init(countsOnCookie: @escaping @Sendable (Request) -> Bool) { self.countsOnCookie = countsOnCookie }

    func handle(
        _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        guard isAllowed(request) else {
            throw PixelFlowError(.forbidden, code: "cross_site_request", "Requests from another site are refused.")
        }
        return try await next(request, context)
    }

    private func isAllowed(_ request: Request) -> Bool {
        let isRead = request.method == .get || request.method == .head
        let hasCookie = countsOnCookie(request)
        guard hasCookie || !isRead else { return true }
        let site = request.headers[.secFetchSite]
        if let site, site != "same-origin", site != "none" { return false }
        if let origin = request.headers[.origin] { return Self.isOwn(origin, request) }
        // Browsers send the origin with every change. A request that relies on the cookie must have one.
        return site != nil || isRead || !hasCookie
    }

    /// Whether the origin is the URL that the browser requested. A proxy may have replaced `Host` with its own name, but then forwards the
    /// original one; no page can make a browser send that header to another site.
    private static func isOwn(_ origin: String, _ request: Request) -> Bool {
        let address = origin.lowercased()
        guard let scheme = ["https://", "http://"].first(where: address.hasPrefix) else { return false }
        let host = String(address.dropFirst(scheme.count))
        return [request.head.authority, request.headers[.xForwardedHost]].contains { $0?.lowercased() == host }
    }
}
