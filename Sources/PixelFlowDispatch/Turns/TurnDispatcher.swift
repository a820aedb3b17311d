package import Logging
package import Metrics
package import PixelFlowCore
import PixelFlowTelemetry
package import ServiceLifecycle
import Synchronization

/// Lets organisations take turns: only as many tasks of each are with the broker as its share, and the others are held in the
/// task store.
///
/// What is held and what is under way is read from the store in each round, so that a process that ends loses nothing, and any
/// number of replicas may do this: of replicas that take the same task one gets it. Between rounds, a replica estimates what is
/// under way from what it sends and from the events of tasks that end. An estimate that is wrong holds a task that could have
/// passed, until the next round; or lets a task pass that could have been held, at most a share of each replica.
///
/// Without a dispatcher, idle workers find held tasks by themselves (`TaskWorkerStore.waiting`).
package final class TurnDispatcher: Service {
    /// Between two rounds while nothing can be sent, and between two looks for held tasks that others have left.
    static let idlePace = Duration.seconds(1)
    /// Organisations and lanes with held tasks that one replica looks after at a time.
    static let queueLimit = 4096
    /// Due tasks of one organisation and lane that the dispatcher publishes in one round; more are held.
    static let dueLimit = 16

    private struct State {
        var windows: [Lane: DispatchWindow]
        /// Queues with held tasks, as far as this replica knows.
        var held: Set<HeldQueue> = []
        /// Sent and running tasks, estimated since the latest round. Only queues that have some.
        var underWay: [HeldQueue: Int] = [:]
        /// Running tasks of each lane, when last read.
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
    private let signal = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// - Parameters:
    ///   - settings: of what is kept with the broker.
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

    // MARK: For those who create tasks

    /// Whether a new task may be sent at once. Counts it as sent if so; otherwise it has to be created held, and `noteHeld` be
    /// called then.
    package func mayPass(_ lane: Lane, of tenant: TenantID) -> Bool {
        let queue = HeldQueue(lane: lane, tenant: tenant)
        let weights = weights.withLock { $0 }
        return state.withLock { state in
            // No task overtakes those of its own organisation and lane.
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

    /// Has turns given to tasks that were stored as held.
    package func noteHeld(_ tasks: [TaskRecord]) {
        state.withLock { state in
            for task in tasks where state.held.count < Self.queueLimit { state.held.insert(HeldQueue(task)) }
        }
        signal.continuation.yield()
    }

    /// Due tasks that may be published now, and those to be held.
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
        try? await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.listen() }
                group.addTask {
                    await PeriodicService("search for held tasks", every: Self.idlePace, logger: self.logger) {
                        // Known queues have their turns while the store does not answer with others.
                        defer { self.signal.continuation.yield() }
                        try await self.findQueues()
                    }.run()
                }
                for await _ in self.signal.stream { await self.giveTurns() }
                group.cancelAll()
            }
        }
    }

    /// Tasks that end are no longer under way, and make room.
    private func listen() async {
        // Ends with the cancellation of this task.
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
        if isWaitedFor { signal.continuation.yield() }
    }

    /// Finds queues that other replicas, or earlier processes, have left.
    private func findQueues() async throws {
        let found = try await store.heldQueues(limit: Self.queueLimit)
        state.withLock { state in
            let all = state.held.union(found)
            // Beyond the limit, each has its chance.
            state.held = all.count > Self.queueLimit ? Set(all.shuffled().prefix(Self.queueLimit)) : all
        }
    }

    /// Rounds for as long as they send something.
    private func giveTurns() async {
        while !Task.isCancelled, state.withLock({ !$0.held.isEmpty }) {
            do {
                guard try await round() > 0 else { return }
                try await Task.sleep(for: pace)
            } catch {
                if !(error is CancellationError) {
                    logger.warning("no turns given, will be retried", metadata: ["error": "\(error)"])
                }
                return
            }
        }
    }

    /// One round. Callable directly, so that tests need not wait for it.
    ///
    /// - Returns: how many tasks were sent.
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
                // Fewer than asked for: there are no more, or another replica has taken some and will go on.
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
