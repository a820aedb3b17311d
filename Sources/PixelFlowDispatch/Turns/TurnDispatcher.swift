package import Logging
package import Metrics
package import PixelFlowCore
import PixelFlowTelemetry
package import ServiceLifecycle
import Synchronization

/// Makes organisations take turns: each has only its share of tasks at the broker, and its other tasks are held in the
/// task store.
///
/// Each round reads the held tasks and those in progress from the store. So nothing is lost if a process ends, and any number of
/// replicas may run this: if several take the same task, only one gets it. Between rounds, a replica estimates the tasks in
/// progress from the tasks that it sends and from events. A wrong estimate either holds a task until the next round although it
/// could have been sent, or sends a task that should have been held, at most one share per replica.
///
/// Without a dispatcher, idle workers find held tasks by polling (`TaskWorkerStore.waiting`).
package final class TurnDispatcher: Service {
    /// The interval of rounds while nothing can be sent, and of searches for held tasks that other replicas have left.
    static let idlePace = Duration.seconds(1)
    /// The maximum number of organisations and lanes with held tasks that one replica handles at a time.
    static let queueLimit = 4096
    /// The maximum number of due tasks per organisation and lane that the dispatcher publishes in one round; others are held.
    static let dueLimit = 16

    private struct State {
        var windows: [Lane: DispatchWindow]
        /// Queues with held tasks known to this replica.
        var held: Set<HeldQueue> = []
        /// Sent and running tasks, estimated since the latest round. Contains only queues that have some.
        var underWay: [HeldQueue: Int] = [:]
        /// Running tasks of each lane in the latest round.
        var running: [Lane: Int] = [:]
    }

    private let store: any TaskDispatchStore
    private let events: any TaskEvents
    private let publisher: OutboxPublisher
    private let weight: @Sendable (TenantID) async -> Int
    private let logger: Logger
    private let metrics: TurnMetrics
    private let pace: Duration
    private let state: Mutex<State>
    private let weights = Mutex<[TenantID: Int]>([:])
    private let signal = WakeSignal()

    /// - Parameters:
    ///   - settings: of the number of messages at the broker.
    ///   - weight: the weight of an organisation, at least 1.
    package init(
        store: any TaskDispatchStore, events: any TaskEvents, publisher: OutboxPublisher, settings: TurnSettings = TurnSettings(),
        weight: @escaping @Sendable (TenantID) async -> Int = { _ in 1 }, logger: Logger,
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.store = store
        self.events = events
        self.publisher = publisher
        self.weight = weight
        self.logger = logger
        self.metrics = TurnMetrics(metrics)
        pace = settings.pace
        let window = DispatchWindow(.init(least: settings.least, perWorker: settings.perWorker))
        state = Mutex(State(windows: Dictionary(uniqueKeysWithValues: Lane.allCases.map { ($0, window) })))
    }

    // MARK: For creators of tasks

    /// Whether a new task may be sent immediately, in which case it counts as sent. Otherwise, the caller must create it as held and
    /// then call `noteHeld`.
    package func mayPass(_ lane: Lane, of tenant: TenantID) -> Bool {
        let queue = HeldQueue(lane: lane, tenant: tenant)
        let weights = weights.withLock { $0 }
        return state.withLock { state in
            // A task must not overtake others of its organisation and lane.
            guard !state.held.contains(queue) else { return false }
            var active = Set(state.underWay.keys.lazy.filter { $0.lane == lane }.map(\.tenant))
            active.formUnion(state.held.lazy.filter { $0.lane == lane }.map(\.tenant))
            active.insert(tenant)
            let capacity = (state.windows[lane]?.size ?? 0) + (state.running[lane] ?? 0)
            let mayPass = FairShares.mayPass(
                underWay: state.underWay[queue] ?? 0, capacity: capacity, weight: weights[tenant] ?? 1,
                weights: active.reduce(0) { $0 + (weights[$1] ?? 1) })
            if mayPass { state.underWay[queue, default: 0] += 1 }
            return mayPass
        }
    }

    /// Schedules tasks that were stored as held.
    package func noteHeld(_ tasks: [TaskRecord]) {
        state.withLock { state in
            for task in tasks where state.held.count < Self.queueLimit { state.held.insert(HeldQueue(task)) }
        }
        signal.wake()
    }

    /// Splits due tasks into those to publish now and those to hold.
    func split(_ due: [TaskRecord]) -> (now: [TaskRecord], later: [TaskRecord]) {
        var counts: [HeldQueue: Int] = [:]
        var (now, later): ([TaskRecord], [TaskRecord]) = ([], [])
        for task in due {
            counts[HeldQueue(task), default: 0] += 1
            if counts[HeldQueue(task), default: 0] <= Self.dueLimit { now.append(task) } else { later.append(task) }
        }
        return (now, later)
    }

    // MARK: Rounds

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.listen() }
                group.addTask {
                    await PeriodicService("search for held tasks", every: Self.idlePace, logger: self.logger) {
                        // Known queues take their turns even if the store does not respond.
                        defer { self.signal.wake() }
                        try await self.findQueues()
                    }.run()
                }
                while await self.signal.wait() { await self.giveTurns() }
                group.cancelAll()
            }
        }
    }

    /// Removes tasks that have ended from the estimate, which frees capacity.
    private func listen() async {
        // Ends when this task is cancelled.
        try? await events.listen {
            self.logger.warning("events not reachable, retrying", metadata: ["error": "\($0)"])
        } _: { change in
            if change.task.status.isFinal { self.ended(change.task) }
        }
    }

    private func ended(_ task: TaskRecord) {
        let queue = HeldQueue(task)
        let isWaitedFor = state.withLock { state in
            if let count = state.underWay[queue] { state.underWay[queue] = count > 1 ? count - 1 : nil }
            return !state.held.isEmpty
        }
        if isWaitedFor { signal.wake() }
    }

    /// Finds queues that other replicas or earlier processes have left.
    private func findQueues() async throws {
        let found = try await store.heldQueues(limit: Self.queueLimit)
        state.withLock { state in
            let all = state.held.union(found)
            // Beyond the limit, choose at random, so that every queue has a chance.
            state.held = all.count > Self.queueLimit ? Set(all.shuffled().prefix(Self.queueLimit)) : all
        }
    }

    /// Runs rounds as long as they send tasks.
    private func giveTurns() async {
        while !Task.isCancelled, state.withLock({ !$0.held.isEmpty }) {
            do {
                guard try await round() > 0 else { return }
                try await Task.sleep(for: pace)
            } catch {
                if !(error is CancellationError) {
                    logger.warning("held tasks could not be dispatched, will be retried", metadata: ["error": "\(error)"])
                }
                return
            }
        }
    }

    /// Runs one round. Not private, so that tests can call it directly.
    ///
    /// - Returns: the number of tasks sent.
    @discardableResult package func round() async throws -> Int {
        let held = state.withLock { $0.held }
        for tenant in Set(held.map(\.tenant)) {
            let weight = await weight(tenant)
            weights.withLock { weights in
                if weights.count > 10_000 { weights = [:] }
                weights[tenant] = weight
            }
        }
        let occupancy = try await store.occupancy()
        let allotments = allot(by: occupancy)
        let taken = allotments.isEmpty ? [] : try await store.takeHeld(allotments)
        var counts: [HeldQueue: Int] = [:]
        for task in taken { counts[HeldQueue(task), default: 0] += 1 }
        state.withLock { state in
            for (queue, count) in allotments {
                state.underWay[queue, default: 0] += counts[queue] ?? 0
                // Fewer than requested: there are no more, or another replica has taken some and will continue.
                if counts[queue, default: 0] < count { state.held.remove(queue) }
            }
            metrics.record(windows: state.windows, queues: state.held)
        }
        publisher.enqueue(taken)
        metrics.sent(taken)
        return taken.count
    }

    private func allot(by occupancy: Occupancy) -> [HeldQueue: Int] {
        let weights = weights.withLock { $0 }
        return state.withLock { state in
            state.underWay = occupancy.shares.mapValues(\.total).filter { $0.value > 0 }
            var allotments: [HeldQueue: Int] = [:]
            for lane in Lane.allCases {
                let shares = occupancy.shares.filter { $0.key.lane == lane }
                let sent = shares.values.reduce(0) { $0 + $1.sent }
                let running = shares.values.reduce(0) { $0 + $1.running }
                state.running[lane] = running
                let waiting = state.held.filter { $0.lane == lane }.map(\.tenant)
                guard !waiting.isEmpty else { continue }
                let window = state.windows[lane]?.adapt(sent: sent, running: running, workers: occupancy.workers) ?? 0
                let allotted = FairShares.allot(
                    window - sent, among: waiting, underWay: { shares[HeldQueue(lane: lane, tenant: $0)]?.total ?? 0 },
                    weight: { weights[$0] ?? 1 })
                for (tenant, count) in allotted { allotments[HeldQueue(lane: lane, tenant: tenant)] = count }
            }
            return allotments
        }
    }
}

extension HeldQueue {
    init(_ task: TaskRecord) { self.init(lane: task.lane, tenant: task.tenant) }
}
