import HTTPTypes
import Hummingbird
import NIOCore
import PixelFlowHTTP
import Testing

/// Forwarded headers are trusted only when they come from a trusted proxy.
@Suite struct ForwardedHeaderTests {
    private static let echo: Routes = { router in
        router.get("/api/echo") { request, _ in request.headers.map { "\($0.name.canonicalName): \($0.value)" }.joined(separator: "\n") }
    }

    private static let claims = [
        ("x-forwarded-for", "203.0.113.9"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "elsewhere.example"),
        ("forwarded", "for=203.0.113.9"), ("x-real-ip", "203.0.113.9"), ("x-forwarded-port", "9"), ("cf-connecting-ip", "203.0.113.9"),
    ]

    @Test func untrustedForwardedHeadersAreDropped() async throws {
        try await withWebStack(api: Self.echo, proxies: TrustedProxies([])) { stack in
            let response = try await stack.send(.get, "/api/echo", headers: Self.claims)
            #expect(!response.body.contains("203.0.113.9"))
            #expect(!response.body.contains("elsewhere.example"))
            #expect(response.body.contains(/x-forwarded-for: (127\.0\.0\.1|::1)\n/))
            #expect(response.body.contains("x-forwarded-proto: http\n"))
            #expect(response.body.contains("x-forwarded-host: \(stack.authority)"))
            #expect(!response.body.contains("x-forwarded-port"))
            #expect(response.headers["strict-transport-security"] == nil)
        }
    }

    @Test func aTrustedProxysHeadersAreKept() async throws {
        try await withWebStack(api: Self.echo) { stack in
            let response = try await stack.send(.get, "/api/echo", headers: Self.claims)
            #expect(response.body.contains(/x-forwarded-for: 203\.0\.113\.9, [0-9a-f.:]+/))
            #expect(response.body.contains("x-forwarded-proto: https"))
            #expect(response.body.contains("x-forwarded-host: elsewhere.example"))
            #expect(!response.body.contains("x-real-ip"))
            #expect(!response.body.contains("\nforwarded:"))
        }
    }

    @Test(arguments: ["/", "/api/echo", "/nothing", "/session", "/health"]) func httpsInFrontIsKept(path: String) async throws {
        try await withWebStack(api: Self.echo) { stack in
            let secure = try await stack.send(.get, path, headers: [("x-forwarded-proto", "https")])
            #expect(secure.headers["strict-transport-security"] == "max-age=31536000")
            let plain = try await stack.send(.get, path)
            #expect(plain.headers["strict-transport-security"] == nil)
        }
    }
}
