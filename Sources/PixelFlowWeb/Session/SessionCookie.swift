import HTTPTypes
import Hummingbird
import PixelFlowHTTP

/// The cookie with a browser's token, which scripts cannot read.
enum SessionCookie {
    static let plainName = "pixelflow_session"
    /// A `__Host-` cookie can only be set by this exact host over https, so the prefix requires `Secure`.
    static let secureName = "__Host-pixelflow_session"

    /// Sent only by pages of this site, and `Secure` if the browser uses https.
    static func issue(_ token: String, lifetime seconds: Int, for request: Request) -> Cookie {
        Cookie(
            name: name(request), value: token, maxAge: seconds, path: "/", secure: request.isSecure, httpOnly: true, sameSite: .strict)
    }

    /// The cookie with the refresh token, sent only to the routes of the session.
    static func issueRefresh(_ token: String, for request: Request) -> Cookie {
        Cookie(
            name: refreshName(request), value: token, maxAge: refreshLifetime, path: "/session", secure: request.isSecure, httpOnly: true,
            sameSite: .strict)
    }

    /// Cookies that delete those of the session.
    static func endAll(for request: Request) -> [Cookie] {
        [
            issue("", lifetime: 0, for: request),
            Cookie(
                name: refreshName(request), value: "", maxAge: 0, path: "/session", secure: request.isSecure, httpOnly: true,
                sameSite: .strict),
        ]
    }

    /// The refresh token in the request's cookie.
    static func refreshToken(of request: Request) -> String? {
        guard let token = request.cookies[refreshName(request)]?.value, !token.isEmpty else { return nil }
        return token
    }

    /// 400 days, the longest that browsers keep a cookie. Each use of the session sets it again, and auth, which knows the lifetime of an
    /// unused session (`PIXELFLOW_AUTH_SESSION_LIFETIME`), refuses the token of one that has ended.
    private static let refreshLifetime = 400 * 86_400

    /// Not `__Host-`, which requires the path `/`.
    private static func refreshName(_ request: Request) -> String {
        request.isSecure ? "__Secure-pixelflow_refresh" : "pixelflow_refresh"
    }

    /// The token in the request's cookie.
    static func token(of request: Request) -> String? {
        guard let token = request.cookies[name(request)]?.value, !token.isEmpty else { return nil }
        return token
    }

    /// Whether the request has either cookie.
    static func isSent(with request: Request) -> Bool { token(of: request) != nil || refreshToken(of: request) != nil }

    /// The token of the cookie, if it authenticates a proxied request: one with `Authorization` has its own credential, unless its
    /// `Connection` header removes that field at this hop.
    static func credential(of request: Request) -> String? {
        guard let token = token(of: request), request.headers.passedOn()[.authorization] == nil else { return nil }
        return token
    }

    private static func name(_ request: Request) -> String { request.isSecure ? secureName : plainName }
}

extension Request {
    /// Whether the browser uses https, to web or to a proxy in front of it. A client that lies only breaks its own cookie.
    var isSecure: Bool {
        headers[.xForwardedProto]?.split(separator: ",").first?.lowercased().filter { !$0.isWhitespace } == "https"
    }
}

extension HTTPField.Name {
    // The literal is a valid header name, so the fallback is never taken.
    static let secFetchSite = HTTPField.Name("sec-fetch-site") ?? .via
}
