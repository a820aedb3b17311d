import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import PixelFlowAuth
import PixelFlowCore
import PixelFlowEmbedded
import PixelFlowIdentity
import PixelFlowLimits
import TestSupport
import Testing

@testable import PixelFlowRedis

/// Two auth services that count failed sign-ins in one Redis.
@Suite(
    "Failed sign-ins of two replicas", .enabled(if: TestServer.executable != nil, "needs PIXELFLOW_TEST_REDIS_SERVER, see scripts/stack"))
struct SharedSignInTests {
    private static let password = "correct horse battery"
    private static let home = "203.0.113.1"
    /// What two replicas let an address guess at one account, at once.
    private static let allowance = 12

    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("both refuse what they have counted together, and each counts separately without Redis")
    func failuresAreCountedTogether() async throws {
        try await TestServer.with { server in
            try await server.withClient(with: { $0.timeout = .milliseconds(500) }) { first in
                try await server.withClient(with: { $0.timeout = .milliseconds(500) }) { second in
                    try await replica(first).test(.live) { one in
                        try await replica(second).test(.live) { other in try await guess([one, other], in: first) }
                    }
                }
            }
        }
    }

    private func guess(_ replicas: [any TestClientProtocol], in redis: RedisClient) async throws {
        func login(_ replica: Int, _ email: String, _ password: String = Self.password, from address: String = Self.home) async throws
            -> TestResponse
        {
            try await send("/login", to: replicas[replica % 2], email, password, from: address)
        }
        for email in ["ada@example.org", "bob@example.org"] {
            try #require(try await send("/register", to: replicas[0], email, Self.password, from: Self.home).status == .created)
        }
        for number in 0..<Self.allowance {
            #expect(try await login(number, "ada@example.org", "wrong").status == .unauthorized, "\(number)")
        }
        for replica in [0, 1] {
            let refused = try await login(replica, "ada@example.org")
            #expect(refused.status == .tooManyRequests)
            #expect((1...300).contains(refused.headers[.retryAfter].flatMap { Int($0) } ?? 0))
            // She is not locked out, and no one else is concerned.
            #expect(try await login(replica, "ada@example.org", from: "203.0.113.2").status == .ok)
            #expect(try await login(replica, "bob@example.org").status == .ok)
        }
        // A success on one replica clears the account on both.
        for number in 0..<Self.allowance - 1 { _ = try await login(number, "bob@example.org", "wrong") }
        #expect(try await login(0, "bob@example.org").status == .ok)
        for number in 0..<2 { #expect(try await login(1 + number, "bob@example.org", "wrong").status == .unauthorized) }

        await #expect(throws: RedisError.self) { _ = try await redis.send("SHUTDOWN", "NOSAVE") }
        for number in 0..<Self.allowance {
            #expect(try await login(0, "ada@example.org", "wrong").status == .unauthorized, "\(number)")
        }
        #expect(try await login(0, "ada@example.org").status == .tooManyRequests)
        #expect(try await login(1, "ada@example.org").status == .ok)
    }

    private func replica(_ client: RedisClient) throws -> some ApplicationProtocol {
        let logger = Logger(label: "test")
        var settings = AuthSettings()
        settings.bcryptCost = 4
        // The throttle of a single process is out of the way.
        settings.throttle.pair.free = 1000
        settings.throttle.address.free = 1000
        let limiter = FailOpenRateLimiter(shared: RedisRateLimiter(client), local: InMemoryRateLimiter(), logger: logger)
        let store = IdentityStore(try SQLiteIdentityDatabase(path: folder.path + "/auth.sqlite"))
        let auth = try AuthService(store: store, settings: settings, failures: limiter, logger: logger)
        return Application(router: auth.router(), configuration: .init(address: .hostname("127.0.0.1", port: 0)), logger: logger)
    }

    private func send(
        _ path: String, to replica: any TestClientProtocol, _ email: String, _ password: String, from address: String
    ) async throws -> TestResponse {
        let body = try JSONSerialization.data(withJSONObject: ["email": email, "password": password])
        let headers: HTTPFields = [.contentType: "application/json", try #require(HTTPField.Name("x-forwarded-for")): address]
        return try await replica.execute(uri: path, method: .post, headers: headers, body: ByteBuffer(bytes: body))
    }
}
