public import Logging
public import Metrics
public import PixelFlowCore
public import ServiceLifecycle

/// Looks, each second, for what has been left lying: wake-ups that got lost, leases that ran out,
/// events that were not published, objects of deleted tasks.
///
/// Any number of replicas may run one; the store gives each task to one of them only.
public struct Dispatcher: Service {
    private let store: any TaskStore
    private let broker: any TaskBroker
    private let blobs: any BlobStore
    private let announcer: TaskAnnouncer
    private let interval: Duration
    private let clock: any WallClock
    private let logger: Logger
    private let redispatched: Counter
    private let lostLeases: Counter
    private let tasks: TaskMetrics

    /// How many tasks are taken at a time.
    static let batch = 500
    /// Every how many rounds the broker is asked whether it has lost wake-ups.
    static let roundsBetweenInquiries = 5
    /// How old wake-ups have to be to count as lost: well above the delay of commits and what clocks differ by. The longer
    /// ones find losses behind a queue that never gets empty.
    static let ages: [Duration] = [.seconds(10), .seconds(60), .seconds(300)]

    public init(
        store: any TaskStore, broker: any TaskBroker, blobs: any BlobStore, announcer: TaskAnnouncer, interval: Duration = .seconds(1),
        clock: any WallClock = SystemClock(), logger: Logger, metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.store = store
        self.broker = broker
        self.blobs = blobs
        self.announcer = announcer
        self.interval = interval
        self.clock = clock
        self.logger = logger
        redispatched = Counter(label: "redispatched_total", factory: metrics)
        lostLeases = Counter(label: "lost_leases_total", factory: metrics)
        tasks = TaskMetrics(metrics)
    }

    public func run() async throws {
        try? await cancelWhenGracefulShutdown {
            var round = 0
            while !Task.isCancelled {
                if round.isMultiple(of: Self.roundsBetweenInquiries) { await inquire() }
                await sweep()
                round += 1
                try await Task.sleep(for: interval)
            }
        }
    }

    /// One round. Each step fails by itself.
    public func sweep() async {
        await step("dispatch") {
            var due: [TaskRecord]
            repeat {
                due = try await store.takeDue(limit: Self.batch)
                redispatched.increment(by: due.count)
                announcer.wake(due)
            } while due.count == Self.batch
        }
        await step("expire_leases") {
            for task in try await store.expireLeases(limit: Self.batch) {
                logger.warning(
                    "lease lost",
                    metadata: ["task_id": "\(task.id)", "request_id": "\(task.requestID)", "losses": "\(task.losses)"])
                lostLeases.increment()
                tasks.finished(task)
                announcer.announce(task)
                if task.status == .pending { announcer.wake([task]) }
            }
        }
        await step("publish_events") {
            for task in try await store.unpublished(olderThan: .seconds(5), limit: Self.batch) {
                try await blobs.removeLeftovers(of: task)
                announcer.announce(task)
            }
        }
        await step("remove_deleted") {
            for task in try await store.deleted(limit: Self.batch) {
                try await blobs.remove(task.blobPrefix)
                try await store.purge(task.id)
            }
        }
    }

    /// Looks for wake-ups that the broker has lost. Public, like `sweep`, so that tests need not wait.
    public func inquire() async {
        await step("distrust") { try await findLostWakeUps() }
    }

    /// A broker whose data was wiped has forgotten wake-ups that it had acknowledged. Where it has delivered all that it knows
    /// of a time and a task of that time still waits, the task's wake-up is gone.
    private func findLostWakeUps() async throws {
        for age in Self.ages {
            let time = clock.now() - age
            guard try await broker.hasDelivered(everythingBefore: time) else { continue }
            let lost = try await store.distrust(wakeUpsBefore: time, limit: Self.batch)
            if lost > 0 { logger.warning("wake-ups lost by the broker, published anew", metadata: ["count": "\(lost)"]) }
            return
        }
    }

    private func step(_ name: String, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch is CancellationError {
        } catch {
            logger.warning("dispatcher step failed, tried again", metadata: ["step": "\(name)", "error": "\(error)"])
        }
    }
}
