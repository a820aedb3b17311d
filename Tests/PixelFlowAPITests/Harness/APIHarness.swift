import Conformance
import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTesting
import Logging
import NIOCore
import PixelFlowAPI
import PixelFlowAuth
import PixelFlowCache
import PixelFlowCore
import PixelFlowDispatch
import PixelFlowEmbedded
import PixelFlowHTTP
import PixelFlowIdentity
import Prometheus
import TestSupport
import Testing

/// api with its own SQLite database and files, and two unrelated users.
final class APIHarness: Sendable {
    static let secret = "0123456789abcdef0123456789abcdef"

    let tasks: any TaskStore & UsageStore & AuditOutbox
    let audit: AuditRecorder
    /// The store of auth with the audit log.
    let identities: IdentityStore
    /// The store from which api reads tasks.
    let counted: CountedTasks
    let blobs: any BlobStore
    let hub: EventHub
    let watch: BatchWatch
    let auth: AuthService
    let service: APIService
    let events = InProcessTaskEvents()
    let dependencies: APIDependencies
    let registry = PrometheusRegistry()
    private let folder: TemporaryFolder
    private let undeclared = UndeclaredProblems()

    init(
        limits: ImageLimits = ImageLimits(), uploads: UploadLimits = UploadLimits(), reserve: DiskReserve? = nil,
        eventLimits: EventLimits = EventLimits(), queue: QueueSettings = QueueSettings(),
        batches: BatchSettings = BatchSettings(), clock: any WallClock = SystemClock(),
        auditCapacity: Int = AuditRecorder.capacity
    ) async throws {
        folder = try TemporaryFolder()
        let store = try SQLiteTaskStore(path: folder.path + "/tasks.sqlite")
        let blobs = try FileBlobStore(path: folder.path + "/blobs", reserve: reserve)
        let logger = undeclared.logger
        var settings = AuthSettings()
        settings.bcryptCost = 4
        settings.serviceSecret = ServiceSecret(Self.secret)
        identities = IdentityStore(try SQLiteIdentityDatabase(path: folder.path + "/auth.sqlite"))
        auth = try AuthService(store: identities, settings: settings, logger: logger, metrics: PrometheusRegistry())
        audit = AuditRecorder(outbox: store, clock: clock, capacity: auditCapacity, logger: logger)
        hub = EventHub(events: events, limits: eventLimits, logger: logger, metrics: registry)
        counted = CountedTasks(store)
        watch = BatchWatch(
            batches: store, webhooks: store, mail: BatchMail(desk: auth.identities, tasks: store), events: events, logger: logger)
        dependencies = APIDependencies(
            tasks: counted, presets: CachedPresets(store, cache: InMemoryCacheStore(isAlone: true), metrics: registry), usage: counted,
            webhooks: store, batches: store, batchWatch: watch, blobs: blobs, archive: store, versions: store,
            publisher: OutboxPublisher(store: store, broker: InProcessBroker(), events: events, logger: logger), hub: hub,
            verifier: auth.verifier, audit: audit, secret: ServiceSecret(Self.secret), clock: clock)
        service = APIService(
            dependencies: dependencies, limits: limits, uploads: uploads, queue: queue, batches: batches, metrics: registry)
        (tasks, self.blobs) = (store, blobs)
    }

    /// Runs `test` with a client for each of two users.
    func run(_ test: @Sendable (_ ada: APIClient, _ bob: APIClient) async throws -> Void) async throws {
        let tokens = try await [token("ada@example.org"), token("bob@example.org")]
        try await Application(router: service.router(), logger: undeclared.logger).test(.router) { client in
            try await test(APIClient(client: client, token: tokens[0]), APIClient(client: client, token: tokens[1]))
        }
        #expect(undeclared.all == [])
    }

    /// Runs a service with other dependencies on the same data, with a client for a user.
    func run(_ dependencies: APIDependencies, _ test: @Sendable (APIClient) async throws -> Void) async throws {
        let service = APIService(dependencies: dependencies, limits: ImageLimits(), metrics: PrometheusRegistry())
        let token = try await token("ada@example.org")
        try await Application(router: service.router(), logger: undeclared.logger).test(.router) { client in
            try await test(APIClient(client: client, token: token))
        }
        #expect(undeclared.all == [])
    }

    /// Runs a service with other limits on the same data, with a client for the token.
    func run(
        limits: ImageLimits, as token: String, _ test: @Sendable (APIClient) async throws -> Void
    ) async throws {
        let service = APIService(dependencies: dependencies, limits: limits, metrics: PrometheusRegistry())
        try await Application(router: service.router(), logger: undeclared.logger).test(.router) { client in
            try await test(APIClient(client: client, token: token))
        }
        #expect(undeclared.all == [])
    }

    /// Runs a replica that watches quotas on the same data, with a client for the token.
    func run(watching quotas: QuotaWatch, as token: String, _ test: @Sendable (APIClient) async throws -> Void) async throws {
        var dependencies = dependencies
        dependencies.quotaWatch = quotas
        let service = APIService(dependencies: dependencies, metrics: PrometheusRegistry())
        try await Application(router: service.router(), logger: undeclared.logger).test(.router) { client in
            try await test(APIClient(client: client, token: token))
        }
    }

    /// Runs the service on its own port, including its event hub, with the tokens of two users.
    func serve(_ test: @Sendable (_ port: Int, _ ada: String, _ bob: String) async throws -> Void) async throws {
        let tokens = try await [token("ada@example.org"), token("bob@example.org")]
        let connections = ConnectionRegistry()
        let server = HTTPServerBuilder { GuardedHTTPChannel($0, registry: connections, service: nil) }
        try await Application(router: service.router(), server: server, services: [hub], logger: undeclared.logger).test(.live) { client in
            try await test(try #require(client.port), tokens[0], tokens[1])
        }
        #expect(undeclared.all == [])
    }

    func token(_ email: String) async throws -> String {
        try await Application(router: auth.router(), logger: undeclared.logger).test(.router) { client in
            let body = ByteBuffer(string: #"{"email":"\#(email)","password":"correct horse battery"}"#)
            _ = try await client.execute(uri: "/register", method: .post, body: body)
            let login = try await client.execute(uri: "/login", method: .post, body: body)
            return try #require(try login.object()["token"] as? String)
        }
    }

    /// Creates an API key with the token.
    func key(as token: String, _ body: String) async throws -> String {
        try await Application(router: auth.router(), logger: undeclared.logger).test(.router) { client in
            let made = try await APIClient(client: client, token: token).post(json: body, to: "/keys")
            return try #require(try made.object()["key"] as? String)
        }
    }

    func principal(of token: String) async throws -> Principal { try await auth.verifier.verify(token) }

    func tenant(of token: String) async throws -> TenantID { try await principal(of: token).tenant }

    /// All objects of one user.
    func objects(of client: APIClient) async throws -> [BlobKey] {
        try await blobs.keys(BlobKey(rawValue: try await tenant(of: client.token).rawValue))
    }

    // MARK: The worker's part

    /// Completes a task with one output of the given bytes.
    @discardableResult
    func complete(_ id: TaskID, output: String = "image", bytes: String = "0123456789") async throws -> TaskRecord {
        let task = try #require(try await tasks.claim(id, by: WorkerID("test")))
        let buffer = ByteBuffer(string: bytes)
        try await blobs.write(.output(output, of: task), bytes: buffer)
        let image = StoredImage(
            key: .output(output, of: task), format: .webp, width: 3, height: 2, frames: 1, bytes: buffer.readableBytes,
            sha256: SHA256.hash(data: Data(bytes.utf8)).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())
        let metadata = SourceMetadata(format: "png", width: 30, height: 20, bytes: 5, blurhash: "LEHV6n", dominantColor: "#aabbcc")
        return try #require(
            try await tasks.complete(
                task.claim, with: Manifest(sourceMetadata: metadata, outputs: [TaskOutput(name: output, image: image)])))
    }

    @discardableResult
    func fail(_ id: TaskID, code: String = "not_an_image") async throws -> TaskRecord {
        let task = try #require(try await tasks.claim(id, by: WorkerID("test")))
        let failure = TaskFailure(error: TaskError(code: code, message: "No."), retry: .permanent)
        return try #require(try await tasks.fail(task.claim, with: failure))
    }
}
