import Conformance
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import PixelFlowAuth
import PixelFlowCore
import PixelFlowEmbedded
import PixelFlowHTTP
import PixelFlowIdentity
import Prometheus
import Synchronization
import TestSupport
import Testing

/// The auth service on its own SQLite file, with a movable clock and a cheap hasher that counts its calls.
final class AuthHarness: Sendable {
    let clock = ManualClock()
    let hasher: CountingHasher
    let registry = PrometheusRegistry()
    /// Receives the mail if the settings enable it.
    let mailbox = Mailbox()
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        hasher = CountingHasher(try BcryptHasher(cost: 4, threads: 2, queue: 1000))
    }

    func store() throws -> IdentityStore { IdentityStore(try SQLiteIdentityDatabase(path: folder.path + "/auth.sqlite")) }

    func service(_ change: (inout AuthSettings) -> Void = { _ in }) async throws -> AuthService {
        var settings = AuthSettings()
        change(&settings)
        let service = try AuthService(
            store: try store(), settings: settings, clock: clock, hasher: hasher, transport: mailbox, metrics: registry)
        try await service.prepare()
        return service
    }

    func run(_ test: @Sendable (AuthClient) async throws -> Void) async throws {
        try await Self.run(try await service(), test)
    }

    func run(with change: (inout AuthSettings) -> Void, test: @Sendable (AuthClient) async throws -> Void) async throws {
        try await Self.run(try await service(change), test)
    }

    /// Runs over real connections, which have addresses.
    func runLive(with change: (inout AuthSettings) -> Void, test: @Sendable (AuthClient) async throws -> Void) async throws {
        let undeclared = UndeclaredProblems()
        let configuration = ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0))
        try await Application(router: try await service(change).router(), configuration: configuration, logger: undeclared.logger)
            .test(.live) { try await test(AuthClient(client: $0)) }
        #expect(undeclared.all == [])
    }

    static func run(_ service: AuthService, _ test: @Sendable (AuthClient) async throws -> Void) async throws {
        let undeclared = UndeclaredProblems()
        try await Application(router: service.router(), logger: undeclared.logger).test(.router) { try await test(AuthClient(client: $0)) }
        #expect(undeclared.all == [])
    }
}

/// Calls the routes like a client.
struct AuthClient: Sendable {
    let client: any TestClientProtocol
    /// The value of `X-Forwarded-For`.
    var forwardedFor: String?

    /// The same client, with an `X-Forwarded-For` header.
    func forwarding(_ address: String) -> AuthClient { AuthClient(client: client, forwardedFor: address) }

    @discardableResult
    func post(_ path: String, _ body: [String: any Sendable]) async throws -> TestResponse {
        let data = try JSONSerialization.data(withJSONObject: body)
        var headers: HTTPFields = [.contentType: "application/json"]
        headers[.init("X-Forwarded-For")!] = forwardedFor
        return try await client.execute(uri: path, method: .post, headers: headers, body: ByteBuffer(bytes: data))
    }

    /// Sends a request with a bearer token.
    func send(
        _ method: HTTPRequest.Method, _ path: String, as token: String?, _ body: [String: any Sendable]? = nil
    ) async throws -> TestResponse {
        var headers: HTTPFields = [.contentType: "application/json"]
        headers[.authorization] = token.map { "Bearer \($0)" }
        headers[.init("X-Forwarded-For")!] = forwardedFor
        let data = try body.map { ByteBuffer(bytes: try JSONSerialization.data(withJSONObject: $0)) }
        return try await client.execute(uri: path, method: method, headers: headers, body: data)
    }

    /// Registers a user and signs in.
    func person(_ email: String) async throws -> Person {
        let user = try await register(email).object()
        let login = try await login(email).object()
        return Person(
            id: try #require(user["id"] as? String), tenant: try #require(user["tenant"] as? String),
            token: try #require(login["token"] as? String), refreshToken: try #require(login["refresh_token"] as? String))
    }

    @discardableResult
    func register(_ email: String = "ada@example.org", _ password: String = "correct horse") async throws -> TestResponse {
        try await post("/register", ["email": email, "password": password])
    }

    func login(_ email: String = "ada@example.org", _ password: String = "correct horse") async throws -> TestResponse {
        try await post("/login", ["email": email, "password": password])
    }

    func token(_ email: String = "ada@example.org", _ password: String = "correct horse") async throws -> String {
        try #require(try await login(email, password).object()["token"] as? String)
    }

    func validate(_ token: String) async throws -> TestResponse {
        try await client.execute(uri: "/validate", method: .get, headers: [.authorization: "Bearer \(token)"])
    }

    func get(_ path: String) async throws -> TestResponse { try await client.execute(uri: path, method: .get) }
}

/// A signed-in user.
struct Person: Sendable {
    let id: String
    let tenant: String
    let token: String
    let refreshToken: String
}

/// Counts the calls of another hasher.
final class CountingHasher: PasswordHashing {
    private let inner: BcryptHasher
    private let verified = Mutex<[String]>([])
    private let hashed = Mutex(0)

    init(_ inner: BcryptHasher) { self.inner = inner }

    /// The hashes that passwords were verified against.
    var verifications: [String] { verified.withLock { $0 } }
    var decoy: String { inner.decoy }

    /// How many passwords were hashed.
    var hashes: Int { hashed.withLock { $0 } }

    func needsRenewal(_ hash: String) -> Bool { inner.needsRenewal(hash) }

    func hash(_ password: String) async throws -> String {
        hashed.withLock { $0 += 1 }
        return try await inner.hash(password)
    }

    func verify(_ password: String, against hash: String, for client: String?) async throws -> Bool {
        verified.withLock { $0.append(hash) }
        return try await inner.verify(password, against: hash)
    }
}

extension TestResponse {
    func object() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(body.readableBytesView)) as? [String: Any])
    }

    var code: String? { try? object()["code"] as? String }
}

extension PasswordHashing {
    /// For tests in which it does not matter who asks.
    func verify(_ password: String, against hash: String) async throws -> Bool {
        try await verify(password, against: hash, for: nil)
    }
}
