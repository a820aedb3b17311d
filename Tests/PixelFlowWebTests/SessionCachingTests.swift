import HTTPTypes
import Hummingbird
import NIOCore
import Testing

/// Caches must not serve responses of one session to another.
@Suite struct SessionCachingTests {
    private static func api(_ headers: HTTPFields) -> Routes {
        { router in router.get("/api/thing") { _, _ in Response(status: .ok, headers: headers) } }
    }

    @Test(arguments: [
        ("private, max-age=31536000, immutable", "private, no-cache"), ("max-age=5", "private, no-cache"),
        ("private, no-cache", "private, no-cache"), ("no-store", "no-store"),
    ])
    func cachesMustRevalidate(said: String, told: String) async throws {
        try await withWebStack(api: Self.api([.cacheControl: said, .eTag: "\"1\""])) { stack in
            let response = try await stack.send(.get, "/api/thing", headers: [("cookie", "pixelflow_session=\(StubAuth.token)")])
            #expect(response.headers["cache-control"] == told)
            #expect(response.headers["vary"] == "Cookie")
            #expect(response.headers["etag"] == "\"1\"")
        }
    }

    @Test func cookieIsAddedToVary() async throws {
        try await withWebStack(api: Self.api([.vary: "Accept"])) { stack in
            let response = try await stack.send(.get, "/api/thing")
            #expect(response.headers["vary"] == "Accept, Cookie")
            #expect(response.headers["cache-control"] == "private, no-cache")
        }
    }

    @Test(
        arguments: [
            ("/session", [], 401, "session_missing"),
            ("/api/thing", [("sec-fetch-site", "cross-site")], 403, "cross_site_request"),
            ("/auth/nothing", [], 404, "route_not_found"),
        ] as [(String, [(String, String)], Int, String)])
    func refusalsOfWebVaryWithTheCookie(path: String, headers: [(String, String)], status: Int, code: String) async throws {
        try await withWebStack(api: Self.api([:])) { stack in
            let response = try await stack.send(.get, path, headers: [("cookie", "pixelflow_session=x")] + headers)
            #expect(response.status == status)
            #expect(response.body.contains("\"code\":\"\(code)\""))
            // A browser receives the problem as a page.
            #expect(Set((response.headers["vary"] ?? "").split(separator: ", ")) == ["Cookie", "Accept"])
        }
    }

    @Test func publicResponsesStayPublic() async throws {
        let auth: Routes = { router in
            router.get("/.well-known/jwks.json") { _, _ in Response(status: .ok, headers: [.cacheControl: "public, max-age=300"]) }
        }
        try await withWebStack(auth: auth) { stack in
            let response = try await stack.send(.get, "/auth/.well-known/jwks.json")
            #expect(response.headers["cache-control"] == "public, max-age=300")
            #expect(response.headers["vary"] == nil)
        }
    }
}
