import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTesting
import Logging
import NIOCore
import NIOHTTP1
import PixelFlowCore
import PixelFlowWeb
import Testing

@testable import PixelFlowHTTP

/// A web service in front of two small upstreams, all on real connections.
struct WebStack: Sendable {
    /// Talks to the web service as a browser or a program would.
    let client: HTTPClient
    let port: Int

    var authority: String { "localhost:\(port)" }
    var origin: String { "http://\(authority)" }

    func request(_ method: HTTPRequest.Method, _ path: String, headers: [(String, String)] = [], body: HTTPClientRequest.Body? = nil)
        -> HTTPClientRequest
    {
        var request = HTTPClientRequest(url: origin + path)
        request.method = .RAW(value: method.rawValue)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.body = body
        return request
    }

    /// The response, with its whole body.
    func send(
        _ method: HTTPRequest.Method, _ path: String, headers: [(String, String)] = [], body: HTTPClientRequest.Body? = nil
    ) async throws -> StackResponse {
        let response = try await client.execute(request(method, path, headers: headers, body: body), timeout: .seconds(20))
        let content = try await response.body.collect(upTo: 64 << 20)
        return StackResponse(
            status: Int(response.status.code), body: String(buffer: content),
            headers: Dictionary(response.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first }),
            cookies: response.headers["set-cookie"])
    }

    func sendJSON(_ method: HTTPRequest.Method, _ path: String, _ json: String, headers: [(String, String)] = []) async throws
        -> StackResponse
    {
        try await send(method, path, headers: headers + [("content-type", "application/json")], body: .bytes(ByteBuffer(string: json)))
    }
}

struct StackResponse: Sendable {
    let status: Int
    let body: String
    let headers: [String: String]
    /// The value of each `Set-Cookie` header.
    let cookies: [String]
}

typealias Routes = @Sendable (Router<BasicRequestContext>) -> Void

/// Runs upstreams with these routes, and the web service in front of them, while `body` runs.
@discardableResult
func withWebStack<Value: Sendable>(
    auth: @escaping Routes = StubAuth().routes, api: @escaping Routes = { _ in }, proxies: TrustedProxies = .loopback,
    isManagement: Bool = false, clock: any WallClock = SystemClock(), logger: Logger = quietLogger,
    _ body: @escaping @Sendable (WebStack) async throws -> Value
) async throws -> Value {
    try await withUpstream(auth) { authPort in
        try await withUpstream(api) { apiPort in
            try await withWeb(
                authURL: "http://localhost:\(authPort)", apiURL: "http://localhost:\(apiPort)", proxies: proxies,
                isManagement: isManagement, clock: clock, logger: logger, body)
        }
    }
}

/// Runs the web service alone.
@discardableResult
func withWeb<Value: Sendable>(
    authURL: String, apiURL: String, proxies: TrustedProxies = .loopback, isManagement: Bool = false,
    clock: any WallClock = SystemClock(), logger: Logger = quietLogger, _ body: @escaping @Sendable (WebStack) async throws -> Value
) async throws -> Value {
    try await withClient(WebService.clientConfiguration) { upstreamClient in
        let settings = try WebSettings(authURL: authURL, apiURL: apiURL, proxies: proxies)
        let service = WebService(settings: settings, client: upstreamClient, clock: clock)
        let router = isManagement ? service.managementRouter() : service.router()
        return try await Application(router: router, server: guarded(), logger: logger).test(.live) { test in
            let port = try #require(test.port)
            return try await withClient(HTTPClient.Configuration(redirectConfiguration: .disallow)) { client in
                try await body(WebStack(client: client, port: port))
            }
        }
    }
}

/// Connections with the limits of a real service.
private func guarded() -> HTTPServerBuilder {
    let registry = ConnectionRegistry()
    return HTTPServerBuilder { GuardedHTTPChannel($0, registry: registry, service: nil) }
}

/// Runs one of our services with these routes while `body` runs.
func withService<Value: Sendable>(
    _ routes: (Router<AppRequestContext>) -> Void, _ body: @escaping @Sendable (Int) async throws -> Value
) async throws -> Value {
    let router = ServiceRouter.make(counting: ServiceMetrics(service: "api"), register: routes)
    return try await Application(router: router, server: guarded(), logger: quietLogger).test(.live) { client in
        try await body(try #require(client.port))
    }
}

private func withUpstream<Value: Sendable>(_ routes: Routes, _ body: @escaping @Sendable (Int) async throws -> Value) async throws -> Value
{
    let router = Router()
    routes(router)
    return try await Application(router: router, logger: quietLogger).test(.live) { client in try await body(try #require(client.port)) }
}

private func withClient<Value: Sendable>(
    _ configuration: HTTPClient.Configuration, _ body: (HTTPClient) async throws -> Value
) async throws -> Value {
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    do {
        let value = try await body(client)
        try await client.shutdown()
        return value
    } catch {
        try await client.shutdown()
        throw error
    }
}

let quietLogger: Logger = {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
}()
