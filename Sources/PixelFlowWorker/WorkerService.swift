public import Logging
public import Metrics
public import PixelFlowCore
public import PixelFlowDispatch
public import ServiceLifecycle

/// Everything a worker works with.
public struct WorkerTools: Sendable {
    public var store: any TaskStore
    public var broker: any TaskBroker
    public var events: any TaskEvents
    public var blobs: any BlobStore
    public var renderer: any Renderer
    public var fetcher: any SourceFetcher
    public var announcer: TaskAnnouncer

    public init(
        store: any TaskStore, broker: any TaskBroker, events: any TaskEvents, blobs: any BlobStore, renderer: any Renderer,
        fetcher: any SourceFetcher, announcer: TaskAnnouncer
    ) {
        self.store = store
        self.broker = broker
        self.events = events
        self.blobs = blobs
        self.renderer = renderer
        self.fetcher = fetcher
        self.announcer = announcer
    }
}

/// Takes wake-ups with a free slot, claims their tasks and runs them.
public struct WorkerService: Service {
    private let tools: WorkerTools
    private let settings: WorkerSettings
    private let logger: Logger
    private let runs = RunRegistry()
    private let metrics: WorkerMetrics

    public init(
        tools: WorkerTools, settings: WorkerSettings, logger: Logger, metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.tools = tools
        self.settings = settings
        self.logger = logger
        self.metrics = WorkerMetrics(metrics, slots: settings.slots)
    }

    /// Works until it is shut down. Running tasks then finish within the grace period or are handed back.
    public func run() async throws {
        // A task that is claimed and then has to wait for a render process is one more that a crash loses.
        await tools.renderer.warmUp()
        guard let subscription = await subscribe() else { return }
        let listening = Task { await listenForCancellation() }
        defer { listening.cancel() }
        let slots = Task {
            await withDiscardingTaskGroup { group in
                for _ in 0..<settings.slots { group.addTask { await work(subscription) } }
            }
        }
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await slots.value
            } onGracefulShutdown: {
                Task {
                    await subscription.close()
                    try? await Task.sleep(for: settings.grace)
                    slots.cancel()
                }
            }
        } onCancel: {
            slots.cancel()
            Task { await subscription.close() }
        }
        logger.info("worker stopped")
    }

    /// Joins the group, however long the broker takes. Nil once the service is shut down.
    private func subscribe() async -> (any WakeUpSubscription)? {
        try? await cancelWhenGracefulShutdown {
            while true {
                do {
                    return try await tools.broker.subscribe()
                } catch is CancellationError {
                    throw CancellationError()
                } catch {
                    logger.warning("broker not reachable, trying again", metadata: ["error": "\(error)"])
                    try await Task.sleep(for: .seconds(1))
                }
            }
        }
    }

    /// One slot: one task after the other.
    private func work(_ subscription: any WakeUpSubscription) async {
        while !Task.isCancelled {
            do {
                guard let delivery = try await subscription.next() else { return }
                guard let task = try await claim(delivery) else { continue }
                metrics.claimed(task)
                defer { metrics.slotFreed() }
                await runs.track(task.id) { cancelled in
                    await TaskRun(task: task, tools: tools, settings: settings, metrics: metrics, logger: logger)
                        .execute(cancelled: cancelled)
                }
            } catch {
                logger.warning("could not take a task, trying again", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Decides a wake-up. It is settled only then: a crash before leaves it to the next worker.
    private func claim(_ delivery: WakeUpDelivery) async throws -> TaskRecord? {
        let task = try await persistently("could not claim a task", about: delivery.wakeUp) {
            try await tools.store.claim(delivery.wakeUp.task, by: settings.id)
        }
        await delivery.settle()
        if let task { tools.announcer.announce(task) }
        return task
    }

    /// Tries again each second for as long as a backend is down. A wake-up that is in hand is not let go meanwhile: the
    /// broker would count it as neither delivered nor waiting.
    private func persistently<Value: Sendable>(
        _ complaint: String, about wakeUp: WakeUp? = nil, _ body: () async throws -> Value
    ) async throws -> Value {
        while true {
            do {
                return try await body()
            } catch let error as PixelFlowError where error.retry == .outage {
                var metadata: Logger.Metadata = ["error": "\(error)"]
                if let wakeUp {
                    metadata["task_id"] = "\(wakeUp.task)"
                    metadata["request_id"] = "\(wakeUp.requestID)"
                }
                logger.warning("\(complaint), trying again", metadata: metadata)
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Stops a run as soon as its cancellation is known, instead of at its next heartbeat.
    private func listenForCancellation() async {
        let events = tools.events
        guard let changes = try? await persistently("no task events", { try await events.subscribe() }) else { return }
        for await change in changes where change.task.cancelRequested { runs.cancel(change.task.id) }
    }
}
