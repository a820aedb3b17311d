import HTTPTypes
import Hummingbird
import Testing

@Suite struct CrossSiteGuardTests {
    private static let cookie = ("cookie", "pixelflow_session=\(StubAuth.token)")

    private static let routes: Routes = { router in
        router.get("/api/tasks") { _, _ in "tasks" }
        router.post("/api/upload") { _, _ in "accepted" }
    }

    /// `SELF` is replaced by the origin of the web service.
    private static let cases: [Case] = [
        // A browser on a page of this site.
        Case(.post, [("sec-fetch-site", "same-origin"), ("origin", "SELF"), cookie], 200),
        Case(.post, [("origin", "SELF"), cookie], 200),
        Case(.get, [("sec-fetch-site", "same-origin"), cookie], 200),
        Case(.get, [("sec-fetch-site", "none"), cookie], 200),
        Case(.get, [cookie], 200),
        Case(.post, [("origin", "https://pixels.example"), ("x-forwarded-host", "pixels.example"), cookie], 200),
        // A program with a token.
        Case(.post, [("authorization", "Bearer x")], 200),
        Case(.get, [("sec-fetch-site", "cross-site"), ("authorization", "Bearer x")], 200),
        // Another site.
        Case(.post, [("sec-fetch-site", "cross-site"), cookie], 403),
        Case(.post, [("sec-fetch-site", "same-site"), cookie], 403),
        Case(.post, [("sec-fetch-site", "cross-site")], 403),
        Case(.post, [("sec-fetch-site", "same-origin"), ("origin", "http://evil.example"), cookie], 403),
        Case(.post, [("origin", "http://evil.example"), cookie], 403),
        Case(.post, [("origin", "http://evil.example")], 403),
        Case(.post, [("origin", "null"), cookie], 403),
        Case(.post, [("origin", "SELF.evil.example"), cookie], 403),
        Case(.get, [("sec-fetch-site", "cross-site"), cookie], 403),
        Case(.get, [("origin", "http://evil.example"), cookie], 403),
        // The cookie without any header that names the origin of the request.
        Case(.post, [cookie], 403),
        // An `Authorization` that is removed at this hop, so that the cookie would authenticate the request.
        Case(.post, [("sec-fetch-site", "cross-site"), ("authorization", "x"), ("connection", "authorization"), cookie], 403),
        Case(.post, [("authorization", "x"), ("connection", "keep-alive, Authorization"), cookie], 403),
        Case(.get, [("sec-fetch-site", "cross-site"), ("authorization", "x"), ("connection", "authorization"), cookie], 403),
        Case(.get, [("sec-fetch-site", "same-origin"), ("authorization", "x"), ("connection", "authorization"), cookie], 200),
    ]

    @Test(arguments: cases)
    func crossSiteRequestsAreRefused(_ item: Case) async throws {
        try await withWebStack(api: Self.routes) { stack in
            let own = item.headers.map { ($0.0, $0.1.replacing("SELF", with: stack.origin)) }
            let response = try await stack.send(item.method, item.method == .get ? "/api/tasks" : "/api/upload", headers: own)
            #expect(response.status == item.status)
            if item.status == 403 { #expect(response.body.contains("cross_site_request")) }
        }
    }

    @Test func signInAndSignOutAreGuarded() async throws {
        try await withWebStack { stack in
            let signIn = try await stack.sendJSON(.post, "/session", StubAuth.credentials, headers: [("origin", "http://evil.example")])
            #expect(signIn.status == 403)
            let signOut = try await stack.send(.delete, "/session", headers: [("sec-fetch-site", "cross-site"), Self.cookie])
            #expect(signOut.status == 403)
            #expect(signOut.headers["set-cookie"] == nil)
        }
    }

    /// The routes of the session read the cookies even if a request has other credentials.
    @Test(arguments: ["pixelflow_session=\(StubAuth.token)", "pixelflow_refresh=\(StubAuth.refreshToken)"])
    func cookieRequestWithATokenIsGuarded(cookie: String) async throws {
        try await withWebStack { stack in
            let headers = [("cookie", cookie), ("authorization", "Bearer x")]
            let look = try await stack.send(.get, "/session", headers: headers + [("sec-fetch-site", "cross-site")])
            #expect(look.status == 403)
            #expect(look.cookies.isEmpty)
            let own = try await stack.send(.get, "/session", headers: headers + [("sec-fetch-site", "same-origin")])
            #expect(own.status == 200)
            let change = try await stack.sendJSON(.post, "/session/organisation", #"{"organisation":"t2"}"#, headers: headers)
            #expect(change.status == 403)
        }
    }

    struct Case: Sendable, CustomStringConvertible {
        let method: HTTPRequest.Method
        let headers: [(String, String)]
        let status: Int

        init(_ method: HTTPRequest.Method, _ headers: [(String, String)], _ status: Int) {
            self.method = method
            self.headers = headers
            self.status = status
        }

        var description: String { "\(method) \(headers.map { "\($0.0): \($0.1)" })" }
    }
}
