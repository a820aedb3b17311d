import Conformance
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Metrics
import NIOCore
import OpenAPI
import PixelFlowCore
import PixelFlowLimits
import Prometheus
import Testing

@testable import PixelFlowHTTP

/// Treats the name in a header as the caller.
private struct NamedCaller: RouterMiddleware {
    typealias Context = AppRequestContext

    func handle(
        _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        let words = (request.headers[.authorization] ?? "user-1 organisation-1").split(separator: " ").map(String.init)
        let credential: Principal.Credential = words[0].hasPrefix("key") ? .key(APIKeyID(words[0])) : .token(session: nil)
        context.principal = Principal(user: UserID(words[0]), email: "", tenant: TenantID(words[1]), credential: credential)
        return try await next(request, context)
    }
}

/// A limiter that is unreachable.
private struct UnreachableLimiter: RateLimiter {
    func admit(_ requests: Int, in buckets: [RateBucket]) async throws -> RateDecision { throw PixelFlowError.unavailable("cache") }

    func preview(_ buckets: [RateBucket]) async throws -> RateDecision { throw PixelFlowError.unavailable("cache") }

    func clear(_ buckets: [RateBucket]) async throws { throw PixelFlowError.unavailable("cache") }
}

@Suite("Request limits")
struct RequestLimitTests {
    private let clock = ManualClock()
    private let registry = PrometheusRegistry()

    private func settings(read: Int = 3, organisationFactor: Int = 2) -> RateLimitSettings {
        var settings = RateLimitSettings()
        settings.quotas = [.read: .init(read, per: .seconds(60)), .signIn: .init(2, per: .seconds(60))]
        settings.organisationFactor = organisationFactor
        return settings
    }

    private func route(
        _ path: String, _ method: HTTPRequest.Method = .get, access: RouteAccess = .scope(.readTasks), rate: RouteRate = .byMethod,
        throwing error: PixelFlowError? = nil
    ) -> Route {
        Route(
            method, path, id: path, tag: "test", "Respond", access: access, rate: rate, responses: [.empty(.ok, "Nothing.")],
            problems: [DeclaredProblem(.conflict, "declared", "Always.")]
        ) { _, _ in
            if let error { throw error }
            return Response(status: .ok)
        }
    }

    private func run(
        _ settings: RateLimitSettings, limiter: (any RateLimiter)? = nil, live: Bool = false,
        _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws {
        let limits = RequestLimits(
            settings, limiter: limiter ?? InMemoryRateLimiter(clock: clock), proxies: .loopback, metrics: registry)
        let router = ServiceRouter.make(
            metrics: ServiceMetrics(service: "api", factory: registry), health: HealthRoutes(checks: []), limits: limits
        ) { table in
            table.add(
                [
                    route("/read"), route("/fail", throwing: PixelFlowError(.conflict, code: "declared", "No.")), route("/write", .post),
                ], behind: [NamedCaller()])
            table.add([route("/login", .post, access: .anyone, rate: .of(.signIn)), route("/open", access: .anyone)])
        }
        try await Application(router: router, logger: Logger(label: "test")).test(live ? .live : .router) { try await body($0) }
    }

    @Test("every response reports the remaining quota, and a refusal when to retry")
    func responsesReportTheQuota() async throws {
        try await run(settings()) { client in
            for left in [2, 1] {
                let response = try await client.execute(uri: "/read", method: .get)
                #expect(response.status == .ok)
                #expect(response.headers[.rateLimitPolicy] == #""read";q=3;w=60, "read-organisation";q=6;w=60"#)
                #expect(
                    response.headers[.rateLimit]
                        == #""read";r=\#(left);t=\#(20 * (3 - left)), "read-organisation";r=\#(left + 3);t=\#(10 * (3 - left))"#)
            }
            let failed = try await client.execute(uri: "/fail", method: .get)
            #expect(failed.status == .conflict)
            #expect(failed.headers[.rateLimit]?.hasPrefix(#""read";r=0;t=60,"#) == true)
            let refused = try await client.execute(uri: "/read", method: .get)
            #expect(refused.status == .tooManyRequests)
            #expect(refused.headers[.retryAfter] == "20")
            #expect(refused.headers[.rateLimit] == #""read";r=0;t=60, "read-organisation";r=3;t=30"#)
            let text = String(buffer: refused.body)
            #expect(text.contains(#""code":"rate_limited""#) && text.contains(#"The limit \"read\" of 3 requests in 60 seconds"#))
            clock.advance(by: .seconds(20))
            #expect(try await client.execute(uri: "/read", method: .get).status == .ok)
        }
        let text = String(decoding: registry.text(), as: UTF8.self)
        #expect(text.contains("rate_limit_requests_total{class=\"read\",result=\"allowed\"} 4\n"))
        #expect(text.contains("rate_limit_requests_total{class=\"read\",result=\"limited\"} 1\n"))
    }

    @Test("users and keys have separate limits, and share that of their organisation")
    func usersAndKeysHaveSeparateLimits() async throws {
        try await run(settings()) { client in
            func get(_ caller: String) async throws -> TestResponse {
                try await client.execute(uri: "/read", method: .get, headers: [.authorization: caller])
            }
            for _ in 0..<3 { #expect(try await get("user-1 o1").status == .ok) }
            for _ in 0..<3 { #expect(try await get("key-1 o1").status == .ok) }
            let refused = try await get("user-2 o1")
            #expect(refused.status == .tooManyRequests)
            #expect(String(buffer: refused.body).contains("read-organisation"))
            #expect(try await get("user-3 o2").status == .ok)
        }
    }

    @Test("without a setting, organisations have no limit")
    func organisationsAreUnlimitedByDefault() async throws {
        try await run(settings(organisationFactor: 0)) { client in
            for number in 0..<10 {
                let response = try await client.execute(uri: "/read", method: .get, headers: [.authorization: "user-\(number) o1"])
                #expect(response.headers[.rateLimitPolicy] == #""read";q=3;w=60"#)
            }
        }
    }

    @Test("routes without a limit, and classes whose limit is off, send no limit headers")
    func unlimitedRoutesSendNoHeaders() async throws {
        try await run(settings()) { client in
            for (path, method) in [("/open", HTTPRequest.Method.get), ("/health", .get), ("/write", .post)] {
                for _ in 0..<10 {
                    let response = try await client.execute(uri: path, method: method)
                    #expect(response.status == .ok && response.headers[.rateLimit] == nil && response.headers[.rateLimitPolicy] == nil)
                }
            }
        }
    }

    @Test("sign-ins are limited by address")
    func signInsAreLimitedByAddress() async throws {
        try await run(settings(), live: true) { client in
            func post(_ address: String) async throws -> TestResponse {
                try await client.execute(uri: "/login", method: .post, headers: [.xForwardedFor: address], body: ByteBuffer(string: "{}"))
            }
            var statuses: [HTTPResponse.Status] = []
            for address in ["203.0.113.1", "203.0.113.1", "203.0.113.1", "203.0.113.2"] { statuses.append(try await post(address).status) }
            #expect(statuses == [.ok, .ok, .tooManyRequests, .ok])
        }
    }

    @Test("no request is refused because the limiter is unreachable")
    func unreachableLimiterFailsOpen() async throws {
        try await run(settings(), limiter: UnreachableLimiter()) { client in
            for _ in 0..<10 {
                let response = try await client.execute(uri: "/read", method: .get)
                #expect(response.status == .ok)
            }
        }
    }

    @Test(
        "quotas are parsed as documented",
        arguments: [("600/m", 600, 60), ("1/s", 1, 1), ("5/h", 5, 3600), ("1000000/d", 1_000_000, 86_400)])
    func quotasAreParsed(text: String, requests: Int, seconds: Int) throws {
        let settings = try read(["PIXELFLOW_RATE_READ": text])
        #expect(settings.quotas[.read] == .init(requests, per: .seconds(seconds)))
        #expect(settings.quotas.count == RateClass.allCases.count)
    }

    @Test("an invalid quota is refused", arguments: ["600", "0/m", "-1/m", "1/y", "1.5/s", "1000001/m", "1/m/m"])
    func invalidQuotaIsRefused(text: String) {
        let error = #expect(throws: PixelFlowError.self) { try read(["PIXELFLOW_RATE_SIGN_IN": text]) }
        #expect(error?.code == "setting_invalid" && error?.field == "PIXELFLOW_RATE_SIGN_IN")
    }

    @Test("the quota of an organisation is the multiple of the largest quota of a user, too")
    func largestQuotasAreNotCut() async throws {
        var settings = try read(["PIXELFLOW_RATE_READ": "1000000/m", "PIXELFLOW_RATE_ORGANISATION": "1000"])
        settings.quotas = [.read: try #require(settings.quotas[.read])]
        try await run(settings) { client in
            let response = try await client.execute(uri: "/read", method: .get)
            #expect(response.headers[.rateLimitPolicy] == #""read";q=1000000;w=60, "read-organisation";q=1000000000;w=60"#)
        }
    }

    @Test("a single limit can be turned off, and so can all of them")
    func limitsCanBeTurnedOff() throws {
        #expect(try read(["PIXELFLOW_RATE_HEAVY": "off"]).quotas[.heavy] == nil)
        #expect(try read(["PIXELFLOW_RATE_UPLOAD": "0"]).quotas[.upload] == nil)
        #expect(try read(["PIXELFLOW_RATE_LIMITS": "off"]).quotas.isEmpty)
    }

    private func read(_ environment: [String: String]) throws -> RateLimitSettings {
        try RateLimitSettings(Settings(arguments: [], environment: environment, known: RateLimitSettings.descriptions))
    }
}
