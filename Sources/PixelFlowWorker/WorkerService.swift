package import Logging
package import Metrics
package import PixelFlowCore
package import PixelFlowDispatch
import PixelFlowTelemetry
package import ServiceLifecycle
import Tracing

/// The dependencies of a worker.
package struct WorkerDependencies: Sendable {
    package var store: any TaskWorkerStore
    package var broker: any TaskBroker
    package var events: any TaskEvents
    package var blobs: any BlobStore
    package var renderer: any Renderer
    package var fetcher: any SourceFetcher
    /// Limits the size of sources, which is known only when they are fetched.
    package var usage: any UsageStore
    package var publisher: OutboxPublisher
    /// Shared by everything that runs in this worker.
    let outages = OutageLog()

    package init(
        store: any TaskWorkerStore, broker: any TaskBroker, events: any TaskEvents, blobs: any BlobStore, renderer: any Renderer,
        fetcher: any SourceFetcher, usage: any UsageStore, publisher: OutboxPublisher
    ) {
        self.store = store
        self.broker = broker
        self.events = events
        self.blobs = blobs
        self.renderer = renderer
        self.fetcher = fetcher
        self.usage = usage
        self.publisher = publisher
    }
}

/// Receives dispatch messages while a slot is free, claims their tasks and runs them.
///
/// The dispatch message of a task can be delayed: the broker is down, is rebalancing, or has not yet noticed that the
/// worker that holds a partition is gone. An idle worker therefore also polls the store for waiting tasks.
package struct WorkerService: Service {
    private let dependencies: WorkerDependencies
    private let settings: WorkerSettings
    private let logger: Logger
    /// A delivery waiting for a slot takes precedence over the poll, which only takes free slots.
    private let slots: AsyncSemaphore
    /// Watermarks are read for as many tasks at a time as can be rendered; see `ContainerMemory`.
    private let overlaysInMemory: OverlayPermits
    private let runs = RunRegistry()
    private let metrics: WorkerMetrics

    package init(
        dependencies: WorkerDependencies, settings: WorkerSettings, logger: Logger, metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.dependencies = dependencies
        self.settings = settings
        self.logger = logger
        slots = AsyncSemaphore(permits: settings.slots, waiting: settings.slots)
        overlaysInMemory = OverlayPermits(renderProcesses: settings.renderProcesses, slots: settings.slots)
        self.metrics = WorkerMetrics(metrics, slots: settings.slots)
    }

    /// Runs until shutdown. Running tasks then finish within the grace period or are released.
    package func run() async throws {
        // Claiming a task that must then wait for a render process would only increase the losses of a crash.
        await dependencies.renderer.warmUp()
        guard let subscription = await subscribe() else { return }
        let listening = Task { await listenForCancellation() }
        defer { listening.cancel() }
        let polls = WakeSignal()
        let working = Task {
            await withDiscardingTaskGroup { group in
                for _ in 0..<settings.slots { group.addTask { await work(subscription) } }
                group.addTask { await pollWaiting(polls) }
            }
        }
        let takeNoMore: @Sendable () async -> Void = {
            polls.finish()
            await subscription.close()
        }
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await working.value
            } onGracefulShutdown: {
                Task {
                    await takeNoMore()
                    try? await Task.sleep(for: settings.grace)
                    working.cancel()
                }
            }
        } onCancel: {
            working.cancel()
            Task { await takeNoMore() }
        }
        logger.info("worker stopped")
    }

    /// Joins the group, however long the broker takes to respond. Returns nil once the service is shut down.
    private func subscribe() async -> (any DispatchSubscription)? {
        try? await cancelWhenGracefulShutdown {
            let warn: (any Error) -> Void = {
                dependencies.outages.warning("broker not reachable, retrying", ["error": "\($0)"], to: logger)
            }
            return try await retry(Self.backendRetries, onRetry: warn, dependencies.broker.subscribe)
        }
    }

    private static let backendRetries = RetryPolicy.every(.seconds(1))

    /// Processes dispatch messages one after the other. Not `retry`, because after a failure the next message has its turn.
    private func work(_ subscription: any DispatchSubscription) async {
        while !Task.isCancelled {
            do {
                guard let delivery = try await subscription.next() else { return }
                try await slots.acquire()
                defer { slots.release() }
                if let (task, trace) = try await claim(delivery) { await run(task, trace) }
            } catch {
                if Task.isCancelled { return }
                dependencies.outages.warning("could not receive a task, retrying", ["error": "\(error)"], to: logger)
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    private func run(_ task: TaskRecord, _ trace: RunTrace) async {
        metrics.claimed(task)
        defer { metrics.slotFreed() }
        await trace.during {
            await runs.track(task.id) { cancelled in
                await TaskRun(
                    task: task, trace: trace, dependencies: dependencies, settings: settings, metrics: metrics,
                    overlaysInMemory: overlaysInMemory, logger: logger
                ).execute(cancelled: cancelled)
            }
        }
    }

    /// Fills idle slots with tasks that are waiting in the store.
    ///
    /// - Parameter signal: woken by each run that ends, for an immediate poll while there are tasks to find.
    private func pollWaiting(_ signal: WakeSignal) async {
        await withDiscardingTaskGroup { group in
            while await signal.wait(atMost: settings.pollInterval) {
                let idle = slots.acquireFree()
                guard idle > 0 else { continue }
                let tasks = await claimWaiting(idle)
                slots.release(idle - tasks.count)
                for (task, trace) in tasks {
                    group.addTask {
                        await run(task, trace)
                        slots.release()
                        signal.wake()
                    }
                }
            }
        }
    }

    /// Claims at most `limit` tasks. Returns none if the store is down; the next tick comes soon.
    private func claimWaiting(_ limit: Int) async -> [(task: TaskRecord, trace: RunTrace)] {
        let found: [TaskID]
        do {
            // Workers that poll at the same moment find the same tasks, so request a few more and pick some of them.
            found = try await dependencies.store.waiting(
                longerThan: settings.pollInterval, in: settings.lanes, limit: limit * 4)
        } catch {
            logger.debug("polling for waiting tasks failed", metadata: ["error": "\(error)"])
            return []
        }
        let tasks = await withTaskGroup(of: (task: TaskRecord, trace: RunTrace)?.self) { group in
            for id in found.shuffled().prefix(limit) {
                group.addTask {
                    let start = DefaultTracerClock.now
                    guard let task = try? await dependencies.store.claim(id, by: settings.id) else { return nil }
                    return (task, RunTrace(task, claimedSince: start))
                }
            }
            return await group.compactMap { $0 }.reduce(into: [(task: TaskRecord, trace: RunTrace)]()) { $0.append($1) }
        }
        metrics.claimedByPoll(tasks.count)
        for (task, _) in tasks { dependencies.publisher.publish(task) }
        return tasks
    }

    /// Decides what to do with a dispatch message, and settles it only afterwards: after a crash before that, the next worker receives it
    /// again.
    private func claim(_ delivery: DispatchDelivery) async throws -> (task: TaskRecord, trace: RunTrace)? {
        let start = DefaultTracerClock.now
        let task = try await retryOnOutage("could not claim a task", about: delivery.message) {
            try await dependencies.store.claim(delivery.message.task, by: settings.id)
        }
        let trace = task.map { RunTrace($0, message: delivery.message, claimedSince: start) }
        await delivery.settle()
        guard let task, let trace else { return nil }
        dependencies.publisher.publish(task)
        return (task, trace)
    }

    /// Retries each second while a backend is down. A received dispatch message is kept in the meantime: otherwise the
    /// broker would count it as neither delivered nor waiting.
    private func retryOnOutage<Value: Sendable>(
        _ failure: String, about message: DispatchMessage? = nil, _ body: () async throws -> Value
    ) async throws -> Value {
        let warn: (any Error) -> Void = { error in
            var metadata: Logger.Metadata = ["error": "\(error)"]
            if let message {
                metadata["task_id"] = "\(message.task)"
                metadata["request_id"] = "\(message.requestID)"
            }
            dependencies.outages.warning("\(failure), retrying", metadata, to: logger)
        }
        return try await retry(Self.backendRetries, if: PixelFlowError.isOutage, onRetry: warn, body)
    }

    /// Stops a run as soon as its cancellation is known, instead of at its next renewal.
    private func listenForCancellation() async {
        let events = dependencies.events
        guard let changes = try? await retryOnOutage("no task events", { try await events.subscribe() }) else { return }
        for await change in changes where change.task.cancelRequested { runs.cancel(change.task.id) }
    }
}
