package import Logging
package import Metrics
package import PixelFlowCore
import PixelFlowTelemetry
package import ServiceLifecycle

/// Searches every second for unfinished work: lost dispatch messages, expired leases,
/// unpublished events, and objects of deleted tasks.
///
/// Any number of replicas may run a dispatcher; the store assigns each task to only one of them.
package struct Dispatcher: Service {
    private let store: any TaskDispatchStore
    private let broker: any TaskBroker
    private let blobs: any BlobStore
    private let publisher: OutboxPublisher
    private let turns: TurnDispatcher?
    private let interval: Duration
    private let clock: any WallClock
    private let logger: Logger
    private let redispatched: Counter
    private let lostLeases: Counter
    private let tasks: TaskMetrics
    private let outbox: BackoffQueue
    private let removals: BackoffQueue
    private let outboxFailing: Gauge
    private let removalsFailing: Gauge

    /// Tasks per request.
    static let batch = 500
    /// The number of rounds between checks for dispatch messages that the broker has lost.
    static let roundsBetweenLossChecks = 5
    /// How old dispatch messages must be to count as lost: well above commit delays and clock skew. The larger
    /// values find losses in a queue that is never empty.
    static let ages: [Duration] = [.seconds(10), .seconds(60), .seconds(300)]

    /// - Parameter turns: makes organisations take turns; if nil, every due task is published immediately.
    package init(
        store: any TaskDispatchStore, broker: any TaskBroker, blobs: any BlobStore, publisher: OutboxPublisher,
        turns: TurnDispatcher? = nil,
        interval: Duration = .seconds(1), clock: any WallClock = SystemClock(), logger: Logger,
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.store = store
        self.broker = broker
        self.blobs = blobs
        self.publisher = publisher
        self.turns = turns
        self.interval = interval
        self.clock = clock
        self.logger = logger
        redispatched = Counter(label: "redispatched_total", factory: metrics)
        lostLeases = Counter(label: "lost_leases_total", factory: metrics)
        tasks = TaskMetrics(metrics)
        outbox = Self.outbox(store, blobs, publisher, clock, logger, metrics)
        removals = Self.removals(store, blobs, clock, logger, metrics)
        outboxFailing = Self.failing("publish_events", metrics)
        removalsFailing = Self.failing("remove_deleted", metrics)
    }

    package func run() async {
        // Each loop has its own pace, so that neither a slow object store nor a long queue delays what tasks wait for.
        await withDiscardingTaskGroup { group in
            group.addTask { await periodically("dispatch", redispatch).run() }
            group.addTask { await periodically("expiry of leases", expireLeases).run() }
            group.addTask { await periodically("search for lost messages", every: Self.roundsBetweenLossChecks, checkForLosses).run() }
            group.addTask { await periodically("publication of events", publishEvents).run() }
            group.addTask { await periodically("removal of deleted tasks", removeDeleted).run() }
        }
    }

    private func periodically(_ name: String, every rounds: Int = 1, _ work: @escaping @Sendable () async -> Void) -> PeriodicService {
        PeriodicService(name, every: interval * rounds, logger: logger, work: work)
    }

    /// One round. A failing step does not affect the others.
    package func sweep() async {
        await redispatch()
        await expireLeases()
        await publishEvents()
        await removeDeleted()
    }

    private func publishEvents() async {
        await step("publish_events") { try await outbox.round() }
        outboxFailing.record(outbox.failing)
    }

    private func removeDeleted() async {
        await step("remove_deleted") { try await removals.round() }
        removalsFailing.record(removals.failing)
    }

    private func redispatch() async {
        await step("dispatch") {
            var due: [TaskRecord]
            repeat {
                due = try await store.takeDue(limit: Self.batch)
                let (now, later) = turns?.split(due) ?? (due, [])
                redispatched.increment(by: now.count)
                publisher.enqueue(now)
                if !later.isEmpty {
                    try await store.hold(later)
                    turns?.noteHeld(later)
                }
            } while due.count == Self.batch
        }
    }

    private func expireLeases() async {
        await step("expire_leases") {
            for task in try await store.expireLeases(limit: Self.batch) {
                logger.warning(
                    "lease lost",
                    metadata: ["task_id": "\(task.id)", "request_id": "\(task.requestID)", "losses": "\(task.losses)"])
                lostLeases.increment()
                tasks.finished(task)
                // The lost run may have stored objects. Those of a task that has ended are removed before its event is published, by the pass
                // over the outbox.
                guard task.status == .pending else { continue }
                publisher.publish(task)
                publisher.enqueue([task])
            }
        }
    }

    // MARK: Lists

    /// The age at which an event counts as unpublished.
    static let eventAge = Duration.seconds(5)

    /// Publishes due events again, with doubling delays.
    private static func outbox(
        _ store: any TaskDispatchStore, _ blobs: any BlobStore, _ publisher: OutboxPublisher, _ clock: any WallClock, _ logger: Logger,
        _ metrics: any MetricsFactory
    ) -> BackoffQueue {
        let republished = Counter(label: "events_republished_total", factory: metrics)
        return BackoffQueue("publish_events", clock: clock, logger: logger) {
            try await store.unpublished(olderThan: eventAge, after: $0, limit: $1)
        } position: { task in
            task.outbox.first.map { TimelinePosition(time: $0.at, task: task.id) } ?? .beginning
        } onOutcome: { outcome in
            if case .success = outcome { republished.increment() }
        } work: { task in
            try await blobs.deleteUnreferenced(of: task)
            publisher.publish(task)
            // The task leaves the list once the event is published.
            return false
        }
    }

    private static func removals(
        _ store: any TaskDispatchStore, _ blobs: any BlobStore, _ clock: any WallClock, _ logger: Logger, _ metrics: any MetricsFactory
    ) -> BackoffQueue {
        let done = Counter(label: "removals_total", dimensions: [("outcome", "removed")], factory: metrics)
        let failed = Counter(label: "removals_total", dimensions: [("outcome", "failed")], factory: metrics)
        return BackoffQueue("remove_deleted", clock: clock, logger: logger) {
            try await store.deleted(after: $0, limit: $1)
        } position: { task in
            task.deletedAt.map { TimelinePosition(time: $0, task: task.id) } ?? .beginning
        } onOutcome: { outcome in
            switch outcome {
            case .success(true): done.increment()
            // The task waits for its events to be published.
            case .success(false): break
            case .failure: failed.increment()
            }
        } work: { task in
            try await blobs.remove(task.blobPrefix)
            return try await store.purge(task.id)
        }
    }

    private static func failing(_ step: String, _ metrics: any MetricsFactory) -> Gauge {
        Gauge(label: "dispatcher_failing_tasks", dimensions: [("step", step)], factory: metrics)
    }

    /// Searches for dispatch messages that the broker has lost. Not private, like `sweep`, so that tests can call it directly.
    package func checkForLosses() async {
        await step("redeliverLost") { try await redeliverLost() }
    }

    /// A broker whose data was wiped loses dispatch messages that it had acknowledged. If workers have settled all messages
    /// up to a time, and a task from before that time is still waiting, then its dispatch message is lost.
    private func redeliverLost() async throws {
        for age in Self.ages {
            let time = clock.now() - age
            guard try await broker.hasDelivered(everythingBefore: time) else { continue }
            let lost = try await store.redeliverLost(publishedBefore: time, limit: Self.batch)
            if lost > 0 { logger.warning("lost dispatch messages republished", metadata: ["count": "\(lost)"]) }
            return
        }
    }

    private func step(_ name: String, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch is CancellationError {
        } catch {
            logger.warning("dispatcher step failed, will be retried", metadata: ["step": "\(name)", "error": "\(error)"])
        }
    }
}
