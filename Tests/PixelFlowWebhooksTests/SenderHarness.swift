import Conformance
import Foundation
import Logging
import PixelFlowAPI
import PixelFlowCore
import PixelFlowDispatch
import PixelFlowEmbedded
import PixelFlowFetch
import PixelFlowURL
import PixelFlowWebhooks
import Prometheus
import ServiceLifecycle
import TestSupport
import WireFormats

/// A sender on its own store, like that of the embedded mode, with tasks that the test ends.
struct SenderHarness: Sendable {
    static let tenant = TenantID("tenant")

    let store: SQLiteTaskStore
    let registry = PrometheusRegistry()
    let publisher: OutboxPublisher
    let sender: WebhookSender
    /// Runs, and a test can advance it.
    let clock = ManualClock(ticking: SystemClock())
    private let events = InProcessTaskEvents()

    typealias Message = @Sendable (WebhookDelivery) throws -> [UInt8]

    private init(
        _ folder: String, timeout: Duration, allowed: [String], pendingLimit: Int, capacity: Int, resolver: any NameResolver,
        message: @escaping Message
    ) throws {
        store = try SQLiteTaskStore(path: folder + "/tasks.sqlite", clock: clock)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        publisher = OutboxPublisher(
            store: store, broker: InProcessBroker(), events: events, webhooks: store, logger: logger, metrics: registry)
        sender = WebhookSender(
            store: store, events: events,
            poster: try GuardedPoster(
                allowedNetworks: allowed.compactMap { NetworkRange($0) }, ports: .webhooks, timeout: timeout, userAgent: "test",
                resolver: resolver),
            pendingLimit: pendingLimit,
            // No poll runs during a test: the sender must react to signals.
            pollInterval: .seconds(3600), capacity: capacity, logger: logger, metrics: registry,
            disabling: AuditRecorder(outbox: store, clock: clock, logger: logger).disabling, message: message)
    }

    /// Runs a sender while `body` runs.
    static func run(
        timeout: Duration = .seconds(15), allowed: [String] = ["127.0.0.0/8"], pendingLimit: Int = WebhookSettings().pendingLimit,
        capacity: Int = WebhookSender.capacity,
        resolver: any NameResolver = SystemResolver.forPosts, message: @escaping Message = WebhookMessage.body,
        _ body: (SenderHarness) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let harness = try SenderHarness(
            folder.path, timeout: timeout, allowed: allowed, pendingLimit: pendingLimit, capacity: capacity, resolver: resolver,
            message: message
        )
        let group = ServiceGroup(
            services: [harness.publisher, harness.sender], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(harness))
            } catch {
                result = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try result.get()
        }
    }

    @discardableResult
    func addEndpoint(_ name: String = "shop", of tenant: TenantID = SenderHarness.tenant, url: String) async throws -> WebhookEndpoint {
        let endpoint = WebhookEndpoint(
            id: WebhookID(name), tenant: tenant, url: url, events: [.taskCancelled], createdAt: clock.now())
        _ = try await store.add(endpoint)
        return endpoint
    }

    func endpoint(_ name: String = "shop") async throws -> WebhookEndpoint? {
        try await store.webhook(WebhookID(name), of: Self.tenant)
    }

    /// Ends a task now; returns it and when it ended.
    @discardableResult
    func endTask(of tenant: TenantID = SenderHarness.tenant, webhookURL: String? = nil) async throws -> (
        task: TaskRecord, at: ContinuousClock.Instant
    ) {
        let now = clock.now()
        let task = TaskRecord(
            id: .make(at: now), tenant: tenant, owner: UserID("user"), source: .url("https://example.com/cat.jpg"),
            pipeline: .default, webhookURL: webhookURL, fingerprint: "print", requestID: "request", createdAt: now)
        _ = try await store.create(task)
        let ended = try requireValue(try await store.cancel(task.id, of: tenant), "not cancelled")
        publisher.publish(ended)
        return (ended, .now)
    }

    func deliveries(_ name: String = "shop") async throws -> [WebhookDelivery] {
        try await store.deliveries(WebhookDeliveryQuery(WebhookQueue(tenant: Self.tenant, endpoint: WebhookID(name)), limit: 200))
    }

    /// The first delivery, after the given number of attempts.
    func delivery(after attempts: Int, to name: String = "shop") async throws -> WebhookDelivery {
        try await eventually("\(attempts) attempts") { () -> WebhookDelivery? in
            try await deliveries(name).last.flatMap { $0.log.count >= attempts ? $0 : nil }
        }
    }
}
