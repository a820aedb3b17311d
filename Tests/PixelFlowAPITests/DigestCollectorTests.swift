import AsyncHTTPClient
import Conformance
import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import PixelFlowAPI
import PixelFlowAuth
import PixelFlowCore
import PixelFlowEmbedded
import PixelFlowHTTP
import PixelFlowIdentity
import Prometheus
import SMTP
import Synchronization
import TestSupport
import Testing

/// From the tasks in their database to the message in auth's outbox.
@Suite struct DigestCollectorTests {
    private static let secret = "0123456789abcdef0123456789abcdef"

    private let folder: TemporaryFolder
    private let clock = ManualClock()
    /// The clock of the task database.
    private let taskClock = ManualClock()
    private let tasks: SQLiteTaskStore
    private let identities: IdentityStore
    private let auth: AuthService
    private let registry = PrometheusRegistry()
    private let ada: User

    init() async throws {
        folder = try TemporaryFolder()
        tasks = try SQLiteTaskStore(path: folder.path + "/tasks.sqlite", clock: taskClock)
        identities = IdentityStore(try SQLiteIdentityDatabase(path: folder.path + "/auth.sqlite"))
        var settings = AuthSettings()
        settings.serviceSecret = ServiceSecret(Self.secret)
        settings.mail = MailSettings(
            server: try SMTPEndpoint(url: "smtp://127.0.0.1"), sender: try MailAddress("noreply@example.org", name: "PixelFlow"),
            page: "https://images.example.org")
        auth = try AuthService(
            store: identities, settings: settings, clock: clock, logger: Logger(label: "test"), metrics: PrometheusRegistry())
        ada = User(
            id: UserID("ada"), email: "ada@example.org", passwordHash: "", tenant: TenantID("darkroom"), createdAt: clock.now())
        let audit = AuditEntry(
            id: UUIDv7.make(at: clock.now()), organisation: ada.tenant, at: clock.now(), actor: "ada", actorName: ada.email,
            action: .userRegistered)
        #expect(try await identities.register(ada, audit: audit))
    }

    private func choose(_ choice: TaskMail) async throws {
        try await identities.setMuted([:], tasks: choice, of: ada.id, in: ada.tenant, at: clock.now())
    }

    private func collector(_ desk: (any TaskMailDesk)? = nil) -> DigestCollector {
        DigestCollector(desk: desk ?? auth.identities, tasks: tasks, logger: Logger(label: "test"), metrics: registry)
    }

    /// Advances both clocks.
    private func pass(_ seconds: Int) {
        for clock in [clock, taskClock] { clock.advance(by: .seconds(seconds)) }
    }

    private func end(_ status: TaskStatus, owner: String = "ada", tenant: String = "darkroom") async throws {
        let now = taskClock.now()
        let task = TaskRecord(
            id: TaskID.make(at: now), tenant: TenantID(tenant), owner: UserID(owner), source: .url("https://example.com/a.jpg"),
            pipeline: Pipeline(outputs: [OutputSpec(name: "image")]), fingerprint: "print", requestID: "request", createdAt: now)
        _ = try await tasks.create(task)
        if status == .cancelled {
            _ = try await tasks.cancel(task.id, of: task.tenant)
        } else {
            let claimed = try #require(try await tasks.claim(task.id, by: WorkerID("test")))
            let error = TaskError(code: "not_an_image", message: "It is no image.")
            _ = try await tasks.fail(claimed.claim, with: TaskFailure(error: error, retry: .permanent))
        }
    }

    private func news() async throws -> [TaskNews] {
        var news: [TaskNews] = []
        for mail in try await identities.claimMail(at: clock.now() + .seconds(1), lease: .zero, limit: 10) {
            news.append(try #require(try await identities.taskNews(of: mail)).news)
        }
        return news
    }

    @Test func aDigestCountsTasksOfAPersonAndTheirKeys() async throws {
        let key = APIKey(
            id: APIKeyID("key"), organisation: ada.tenant, name: "ci", hash: "hash", hint: "hint", scopes: [], networks: [],
            createdBy: ada.id, createdAt: clock.now(), expiresAt: nil)
        let audit = AuditEntry(
            id: UUIDv7.make(at: clock.now()), organisation: ada.tenant, at: clock.now(), actor: "ada", actorName: ada.email,
            action: .keyCreated, target: "key")
        try await identities.add(key, by: ada.id, audit: audit)
        try await end(.cancelled)
        pass(1)
        try await choose(.hourly)
        // Spans several pieces of the sums.
        for _ in 0..<4 {
            try await end(.failed)
            try await end(.cancelled, owner: "key")
            try await end(.failed, owner: "bob")
            try await end(.failed, tenant: "elsewhere")
            pass(1800)
        }
        pass(120)
        try await Application(router: auth.router(), configuration: .init(address: .hostname("127.0.0.1", port: 0))).test(.live) { client in
            let port = try #require(client.port)
            let settings = try Settings(
                environment: ["PIXELFLOW_AUTH_URL": "http://127.0.0.1:\(port)", "PIXELFLOW_SERVICE_SECRET": Self.secret])
            let remote = try RemoteIdentitySource(settings, client: .shared)
            #expect(try await collector(remote).round() == 1)
            #expect(try await collector(remote).round() == 0)
        }
        let told = try await news()
        #expect(told.count == 1)
        #expect([told.first?.ended.failed, told.first?.ended.cancelled, told.first?.ended.completed] == [4, 4, 0])
        #expect(told.first?.ended.failures.map(\.name) == Array(repeating: "https://example.com/a.jpg", count: 4))
        #expect(registry[#"task_digests_total{outcome="reported"}"#] == 1)
    }

    @Test func killsAndLostRepliesNeitherLoseNorDuplicateADigest() async throws {
        try await choose(.hourly)
        for _ in 0..<3 { try await end(.failed) }
        pass(3720)
        // Killed between claim and report.
        let desk = FlakyDesk(auth.identities)
        desk.set(.away)
        await #expect(throws: PixelFlowError.self) { try await collector(desk).round() }
        desk.set(.there)
        #expect(try await collector(desk).round() == 0)
        #expect(try await news() == [])
        pass(121)
        // Killed between the report and its response.
        desk.set(.responsesAreLost)
        await #expect(throws: PixelFlowError.self) { try await collector(desk).round() }
        desk.set(.there)
        pass(121)
        for _ in 0..<4 { #expect(try await collector(desk).round() == 0) }
        #expect(try await news().map(\.ended.failed) == [3])
        // The next range contains only what has finished since.
        try await end(.cancelled)
        pass(3600)
        #expect(try await collector(desk).round() == 1)
        #expect(try await news().map(\.ended.total).sorted() == [1, 3])
        pass(3600)
        #expect(try await collector(desk).round() == 1)
        #expect(try await news().count == 2)
    }

    @Test func aSpanIsSummedOnceItIsSettledOnTheTaskClock() async throws {
        try await choose(.failures)
        try await end(.failed)
        pass(900)
        clock.advance(by: .seconds(60))
        taskClock.advance(by: .seconds(59))
        #expect(try await collector().round() == 1)
        #expect(try await news() == [])
        // In time for the sum, although auth's clock would have expired the claim.
        pass(121)
        #expect(try await collector().round() == 1)
        #expect(try await news().map(\.ended.failed) == [1])
    }
}

/// The mail desk behind a failing connection.
private final class FlakyDesk: TaskMailDesk {
    enum Mode { case there, away, responsesAreLost }

    private let inner: any TaskMailDesk
    private let mode = Mutex(Mode.there)

    init(_ inner: any TaskMailDesk) { self.inner = inner }

    func set(_ mode: Mode) { self.mode.withLock { $0 = mode } }

    func claimDigests() async throws -> [DigestRequest] { try await inner.claimDigests() }

    func report(_ digests: [TaskDigest]) async throws {
        let mode = mode.withLock(\.self)
        if mode == .away { throw PixelFlowError.unavailable("auth") }
        try await inner.report(digests)
        if mode == .responsesAreLost { throw PixelFlowError.unavailable("auth") }
    }

    func report(_ batches: [EndedBatch]) async throws { try await inner.report(batches) }
}
