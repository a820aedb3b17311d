import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import RawHTTP
import Testing
import WireFormats

/// Operator endpoints cannot be reached through the public port, however the path is spelled.
@Suite(.timeLimit(.minutes(1))) struct InternalRouteTests {
    private static let secret = "secret numbers"

    /// Returns a secret on every path that the public does not use.
    private static let upstream: Routes = { router in
        for path in ["/metrics", "/readyz", "/livez", "/internal", "/METRICS"] as [RouterPath] { router.get(path) { _, _ in secret } }
        router.get("/api/tasks/**") { request, _ in "task at \(request.uri.path)" }
        router.get("/**") { request, _ in request.uri.path.hasPrefix("/api/") ? "api" : secret }
    }

    private static let targets = [
        "/metrics", "//metrics", "/metrics/", "/./metrics", "/METRICS", "/%6detrics", "/metrics;a=b", "/metrics?x", "/metrics%3f",
        "/operator/archive/rows", "/operator/archive/objects", "//operator/archive",
    ]
    private static let spellings: [String] =
        targets
        + targets.flatMap { path in ["/auth\(path)", "/api\(path)", "/api/..\(path)", "/api/%2e%2e\(path)", "/auth/..\(path)"] }
        + [
            "/auth/readyz", "/auth//readyz", "/auth/livez", "/auth/%72eadyz", "/auth/login/../metrics", "/auth/login/%2e%2e/metrics",
            "/auth/login/..;/metrics", "/auth/..%2fmetrics", "/auth/..%5cmetrics", "/auth/%2e%2e%2fmetrics", "/auth/%252e%252e/metrics",
            "/auth%2fmetrics", "/%61uth/metrics", "/AUTH/metrics", "//auth/metrics", "/auth///metrics", "/auth/.well-known/../metrics",
            "/auth/.well-known/jwks.json/../../metrics", "/auth/health/../metrics", "/auth/internal", "/api/../readyz",
            "/api/tasks/../../metrics",
            "/api/tasks/%2e%2e/%2e%2e/metrics", "/api/tasks/..%2f..%2fmetrics", "/api/tasks/..;/..;/metrics", "/api/tasks/%2e%2e;a/metrics",
            "/api/.", "/api/..", "/api//metrics", "/api/%252e%252e/metrics", "/api/%00/metrics", "/api/%0d%0a/metrics",
            "/auth/metrics%00",
            "http://web/metrics", "http://web/auth/metrics", "http://web//auth//metrics", "HTTP://web/auth/%6detrics",
            "https://web/auth/readyz",
            "http://web:80/api/../metrics", "http://auth:50051/metrics", "http://auth:50051/auth/metrics",
        ]

    @Test(arguments: ["GET", "HEAD", "POST"]) func noSpellingReachesInternalRoutes(method: String) async throws {
        try await withWebStack(auth: Self.upstream, api: Self.upstream) { stack in
            for target in Self.spellings {
                let client = try await RawConnection.open(port: stack.port, host: "localhost")
                try await client.send("\(method) \(target) HTTP/1.1\r\nHost: web\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                let response = try await client.replyUntilClosed()
                #expect(!response.contains(Self.secret), "\(target)")
                #expect(!response.contains("web_requests_total"), "\(target)")
                if target.hasPrefix("/api/metrics") || target.hasPrefix("/api/operator") { continue }
                #expect(
                    ["400", "404", "405"].contains(response.dropFirst("HTTP/1.1 ".count).prefix(3)), "\(target): \(response.prefix(80))")
            }
        }
    }

    /// Every route that the services describe as one for operators and services.
    @Test(arguments: ["auth", "api"]) func noRouteForOperatorsIsForwarded(service: String) async throws {
        let docs = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs").standardizedFileURL
        let description = try JSONValue(parsing: Data(contentsOf: docs.appending(path: "openapi/\(service).json")))
        let routes = try #require(description["paths"]?.objectValue).filter { $0.value.text().contains("OperatorAccessOff") }.keys
        #expect(routes.count > 5)
        let reached: Routes = { router in router.get("/**") { _, _ in "reached" } }
        try await withWebStack(auth: reached, api: reached) { stack in
            for route in routes {
                let path = route.replacing(/\{[a-z]+\}/, with: "019706d2-7c3e-7000-8000-000000000000")
                let response = try await stack.send(.get, (service == "auth" ? "/auth" : "") + path)
                #expect(response.body != "reached", "\(route)")
            }
        }
    }

    @Test(arguments: [
        "/api/organisations/a/quota", "/api/organisations", "/api/organisations/", "/api/%6frganisations/a/quota",
        "/api/ORGANISATIONS/a/quota", "/api/organisations;a=b/a/quota", "/api/%256frganisations/a/quota", "/api//organisations/a/quota",
        "/api/./organisations/a/quota", "/api/organisations/a%2fquota",
    ])
    func quotasAreNotForwarded(target: String) async throws {
        try await withWebStack(api: { router in router.get("/**") { _, _ in Self.secret } }) { stack in
            let client = try await RawConnection.open(port: stack.port, host: "localhost")
            try await client.send("GET \(target) HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n")
            let response = try await client.replyUntilClosed()
            #expect(response.hasPrefix("HTTP/1.1 404 "), "\(response.prefix(80))")
            #expect(!response.contains(Self.secret))
        }
    }

    @Test func publicPathsAreForwarded() async throws {
        try await withWebStack(auth: Self.upstream, api: Self.upstream) { stack in
            for path in ["/api/tasks/1", "/api/tasks/1/", "/api/tasks/a%20b", "/api/tasks/1/outputs/thumb.webp", "/api/tasks/x..y"] {
                let response = try await stack.send(.get, path)
                #expect(response.status == 200, "\(path)")
                #expect(response.body == "task at \(path)")
            }
            #expect(try await stack.send(.get, "/health").body == #"{"status":"ok"}"#)
            #expect(try await stack.send(.get, "/livez").body == #"{"status":"ok"}"#)
        }
    }

    @Test(arguments: ["/api/%", "/api/tasks/%zz", "/auth/%f", "/api/tasks/%ff"])
    func aMalformedPathIsAClientError(target: String) async throws {
        try await withWebStack(auth: Self.upstream, api: Self.upstream) { stack in
            let client = try await RawConnection.open(port: stack.port, host: "localhost")
            try await client.send("GET \(target) HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n")
            let response = try await client.replyUntilClosed()
            #expect(response.hasPrefix("HTTP/1.1 400 "), "\(response)")
            #expect(response.contains(#""code":"bad_request""#))
        }
    }
}
