import HTTPTypes
import Hummingbird
import PixelFlowHTTP

/// The cookie that holds a browser's token, out of reach of any script.
enum SessionCookie {
    static let plainName = "pixelflow_session"
    /// A `__Host-` cookie can be set by this very host only, over https only; so that prefix needs `Secure`.
    static let secureName = "__Host-pixelflow_session"

    /// Sent by this site's own pages only, and with `Secure` wherever the browser came over https.
    static func issue(_ token: String, lifetime seconds: Int, for request: Request) -> Cookie {
        Cookie(
            name: name(request), value: token, maxAge: seconds, path: "/", secure: request.isSecure, httpOnly: true, sameSite: .strict)
    }

    /// The cookie with the refresh token; sent to the routes of the session alone.
    static func issueRefresh(_ token: String, for request: Request) -> Cookie {
        Cookie(
            name: refreshName(request), value: token, maxAge: refreshLifetime, path: "/session", secure: request.isSecure, httpOnly: true,
            sameSite: .strict)
    }

    /// Cookies that end the session.
    static func endAll(for request: Request) -> [Cookie] {
        [
            issue("", lifetime: 0, for: request),
            Cookie(
                name: refreshName(request), value: "", maxAge: 0, path: "/session", secure: request.isSecure, httpOnly: true,
                sameSite: .strict),
        ]
    }

    /// The refresh token that the browser has sent along.
    static func refreshToken(of request: Request) -> String? {
        guard let token = request.cookies[refreshName(request)]?.value, !token.isEmpty else { return nil }
        return token
    }

    /// 30 days, as a session lives by default without being used; one that has ended sooner is refused by auth.
    private static let refreshLifetime = 2_592_000

    /// A `__Host-` cookie would be sent to every path.
    private static func refreshName(_ request: Request) -> String {
        request.isSecure ? "__Secure-pixelflow_refresh" : "pixelflow_refresh"
    }

    /// The token that the browser has sent along.
    static func token(of request: Request) -> String? {
        guard let token = request.cookies[name(request)]?.value, !token.isEmpty else { return nil }
        return token
    }

    /// Whether the browser has sent any of the cookies along.
    static func isSent(with request: Request) -> Bool { token(of: request) != nil || refreshToken(of: request) != nil }

    /// The token of the cookie where it speaks for a request that is passed on: one with `Authorization` speaks for itself, unless its
    /// `Connection` says that the field ends here.
    static func credential(of request: Request) -> String? {
        guard let token = token(of: request), request.headers.passedOn()[.authorization] == nil else { return nil }
        return token
    }

    private static func name(_ request: Request) -> String { request.isSecure ? secureName : plainName }
}

extension Request {
    /// Whether the browser talks https, to us or to a proxy before us. Someone who lies about it
    /// only spoils the own cookie.
    var isSecure: Bool {
        headers[.xForwardedProto]?.split(separator: ",").first?.lowercased().filter { !$0.isWhitespace } == "https"
    }
}

extension HTTPField.Name {
    // The literal is a valid header name, so the fallback is never taken.
    static let secFetchSite = HTTPField.Name("sec-fetch-site") ?? .via
}
