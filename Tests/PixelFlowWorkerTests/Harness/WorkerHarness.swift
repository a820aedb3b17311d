import Conformance
import Deadlines
import Logging
import NIOCore
import PixelFlowCore
import PixelFlowDispatch
import PixelFlowEmbedded
import PixelFlowWorker
import Prometheus
import ServiceLifecycle
import Synchronization
import TestSupport

/// A worker with real stores and a scripted renderer.
struct WorkerHarness: Sendable {
    static let tenant = TenantID("tenant")

    /// Retries are immediate; leases are long, and expire when a test moves the clock.
    static let policy = TaskPolicy(renewInterval: .seconds(600), renewDeadline: .seconds(10), retryBase: .microseconds(1))

    let clock = ManualClock()
    let registry = PrometheusRegistry()
    let store: any TaskStore & UsageStore
    let blobs: FaultyBlobStore
    let broker = RecordingBroker()
    let events: any TaskEvents = InProcessTaskEvents()
    var policy = Self.policy
    var grace = Duration.seconds(10)
    var slots = 2
    var limits = ImageLimits()
    /// Long, because only the polling tests want the worker to find tasks without a dispatch message.
    var pollInterval = Duration.seconds(86_400)
    /// The lanes whose tasks the worker claims.
    var lanes = Set(Lane.allCases)
    /// The store as the worker sees it.
    var workerStore: any TaskWorkerStore
    private let folder: TemporaryFolder

    init(policy: TaskPolicy = Self.policy) throws {
        folder = try TemporaryFolder()
        self.policy = policy
        store = try SQLiteTaskStore(path: folder.path + "/tasks.sqlite", policy: policy, clock: clock)
        blobs = FaultyBlobStore(try FileBlobStore(path: folder.path + "/blobs"))
        workerStore = store
    }

    // MARK: Running

    /// Runs `body` alongside a worker, a publisher and a dispatcher, then stops them.
    func run(
        _ renderer: any Renderer = ScriptedRenderer(), fetcher: any SourceFetcher = ScriptedFetcher(),
        _ body: @escaping @Sendable (RunningWorker) async throws -> Void
    ) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let dependencies = dependencies(renderer, fetcher: fetcher)
        let publisher = dependencies.publisher
        let dispatcher = Dispatcher(
            store: store, broker: broker, blobs: blobs, publisher: publisher, interval: .milliseconds(10), logger: logger,
            metrics: registry)
        var settings = WorkerSettings(
            id: WorkerID("worker"), slots: slots, grace: grace, pollInterval: pollInterval, policy: policy, limits: limits)
        settings.lanes = lanes
        let worker = WorkerService(dependencies: dependencies, settings: settings, logger: logger, metrics: registry)
        let group = ServiceGroup(services: [publisher, dispatcher, worker], logger: logger)
        let running = Task { try await group.run() }
        do {
            try await body(
                RunningWorker(
                    publisher: publisher, stop: { await group.triggerGracefulShutdown() },
                    ended: { try await running.value("the worker to end") }))
        } catch {
            running.cancel()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await within(.seconds(30), "the worker to stop") { try await running.value }
    }

    func dependencies(_ renderer: any Renderer, fetcher: any SourceFetcher = ScriptedFetcher()) -> WorkerDependencies {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return WorkerDependencies(
            store: workerStore, broker: broker, events: events, blobs: blobs, renderer: renderer, fetcher: fetcher, usage: store,
            publisher: OutboxPublisher(store: store, broker: broker, events: events, logger: logger, metrics: registry))
    }

    // MARK: Tasks

    /// An accepted task, for which no dispatch message has been sent.
    func add(
        _ pipeline: Pipeline = Pipeline(outputs: [OutputSpec(name: "web")]), url: String? = nil, lane: Lane = .normal,
        of tenant: TenantID = Self.tenant
    ) async throws -> TaskRecord {
        let now = clock.now()
        let id = TaskID.make(at: now)
        var source = TaskSource.url(url ?? "")
        if url == nil {
            let key = BlobKey.upload(id, tenant: tenant)
            try await blobs.write(key, bytes: ByteBuffer(string: "bytes"))
            source = .upload(TaskSource.Upload(filename: nil, contentType: "image/png", bytes: 5, sha256: "sent", key: key))
        }
        let task = TaskRecord(
            id: id, tenant: tenant, owner: UserID("user"), source: source, pipeline: pipeline, lane: lane, fingerprint: "f",
            requestID: "r", createdAt: now)
        _ = try await store.create(task)
        return task
    }

    func task(_ id: TaskID) async throws -> TaskRecord {
        try requireValue(try await store.find(id, of: Self.tenant), "task \(id) is gone")
    }

    /// Waits until a task satisfies `isWanted`. The clock advances meanwhile, so that retries become due.
    @discardableResult
    func eventually(_ id: TaskID, _ what: String, _ isWanted: (TaskRecord) -> Bool) async throws -> TaskRecord {
        try await Conformance.eventually(within: .seconds(20), what) {
            clock.advance(by: .milliseconds(1))
            let task = try await task(id)
            return isWanted(task) ? task : nil
        }
    }

    @discardableResult
    func final(_ id: TaskID) async throws -> TaskRecord {
        try await eventually(id, "a final status") { $0.status.isFinal }
    }

    /// Waits until exactly these objects of a task are stored.
    func waitForObjects(of task: TaskRecord, _ expected: [BlobKey]) async throws {
        let expected = expected.sorted { $0.rawValue < $1.rawValue }
        _ = try await Conformance.eventually("exactly the objects \(expected)") {
            try await blobs.keys(task.blobPrefix) == expected ? true : nil
        }
    }

    /// The objects that a finished task refers to: its source and its outputs.
    func named(by task: TaskRecord) -> [BlobKey] { [task.sourceKey].compactMap { $0 } + task.outputs.compactMap(\.image?.key) }

    func text(_ key: BlobKey) async throws -> String? {
        guard let blob = try await blobs.read(key, range: nil) else { return nil }
        return String(buffer: try await blob.collect())
    }
}

/// A worker that is running.
struct RunningWorker: Sendable {
    fileprivate let publisher: OutboxPublisher
    /// Asks everything to stop, as SIGTERM does.
    let stop: @Sendable () async -> Void
    let ended: @Sendable () async throws -> Void

    func enqueue(_ task: TaskRecord) { publisher.enqueue([task]) }
    func publish(_ task: TaskRecord) { publisher.publish(task) }
}

/// The in-process broker, which also records its dead letters.
final class RecordingBroker: TaskBroker {
    private let base = InProcessBroker()
    private let letters = Mutex<[TaskRecord]>([])

    var deadLetters: [TaskRecord] { letters.withLock { $0 } }

    func publish(_ messages: [DispatchMessage]) async throws { try await base.publish(messages) }
    func deadLetter(_ task: TaskRecord) async throws { letters.withLock { $0.append(task) } }
    func subscribe() async throws -> any DispatchSubscription { try await base.subscribe() }
    func check() async throws { try await base.check() }
}
