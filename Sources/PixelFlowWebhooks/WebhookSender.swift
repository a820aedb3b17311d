package import Logging
package import Metrics
import NIOCore
package import PixelFlowCore
package import PixelFlowFetch
import PixelFlowTelemetry
package import ServiceLifecycle
import Synchronization
import WireFormats

/// Sends the webhook deliveries that are due. Any number of replicas can run it at the same time.
///
/// The end of a task wakes the sender, so that its first attempt does not wait for the next poll. The poll finds retries, and deliveries
/// that other replicas have abandoned. Each endpoint is a queue with its own limit, so that a slow one delays no other; `AttemptSlots`
/// divides the capacity of the process among organisations.
package final class WebhookSender: Service {
    /// How often the store is queried for due deliveries.
    package static let pollInterval = Duration.seconds(1)
    /// Maximum number of concurrent attempts in this process. Each costs a connection and a few kilobytes.
    package static let capacity = 1000
    /// Maximum number of queues per round.
    static let queuesAtATime = 200
    /// How long running attempts may take at shutdown; after that, their deliveries are released.
    static let drainLimit = Duration.seconds(5)
    /// The maximum size of a message in bytes.
    package static let bodyLimit = 256 * 1024
    /// The interval between two clean-ups.
    static let cleanUpInterval = Duration.seconds(60)
    /// Maximum number of queues whose length is checked at a time.
    static let boundedQueues = 10_000
    /// How many deliveries a clean-up deletes per write.
    package static let cleanUpBatch = 1000

    /// Disables an endpoint and reports it. Receives the endpoint as it is about to be stored, and the write, which returns whether this
    /// call has disabled the endpoint.
    package typealias Disabling = @Sendable (WebhookEndpoint, @Sendable () async throws -> Bool) async throws -> Bool

    private struct State {
        var slots: AttemptSlots
        var isStopping = false
    }

    private let store: any WebhookStore
    private let events: any TaskEvents
    private let poster: GuardedPoster
    private let pendingLimit: Int
    private let pollInterval: Duration
    private let message: @Sendable (WebhookDelivery) throws -> [UInt8]
    private let disabling: Disabling
    private let logger: Logger
    private let metrics: WebhookMetrics
    private let state: Mutex<State>
    private let signal = WakeSignal()
    /// Fires at shutdown, once no attempt is running.
    private let idle = AsyncLatch()

    /// - Parameters:
    ///   - pendingLimit: the number of pending deliveries that an endpoint may have.
    ///   - capacity: maximum number of concurrent attempts.
    ///   - disabling: reports a disabled endpoint to those concerned; by default it only runs the write.
    ///   - message: the body of a delivery; must be the same for every attempt.
    package init(
        store: any WebhookStore, events: any TaskEvents, poster: GuardedPoster, pendingLimit: Int = WebhookSettings().pendingLimit,
        pollInterval: Duration = WebhookSender.pollInterval, capacity: Int = WebhookSender.capacity, logger: Logger,
        metrics: any MetricsFactory = MetricsSystem.factory, disabling: @escaping Disabling = { try await $1() },
        message: @escaping @Sendable (WebhookDelivery) throws -> [UInt8]
    ) {
        self.store = store
        self.events = events
        self.poster = poster
        self.pendingLimit = pendingLimit
        self.pollInterval = pollInterval
        self.message = message
        self.disabling = disabling
        self.logger = logger
        self.metrics = WebhookMetrics(metrics)
        state = Mutex(State(slots: AttemptSlots(capacity: capacity)))
    }

    /// Makes the sender query the store immediately.
    package func wake() { signal.wake() }

    /// Sends deliveries until shutdown.
    package func run() async throws { await TenantTurn.waived { await sendUntilShutdown() } }

    private func sendUntilShutdown() async {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { attempts in
                await withTaskGroup(of: Void.self) { helpers in
                    helpers.addTask { await self.listen() }
                    helpers.addTask { await self.cleanUp() }
                    helpers.addTask { await self.boundQueues() }
                    wake()
                    while await signal.wait(atMost: pollInterval) { await round(&attempts) }
                    helpers.cancelAll()
                }
                await drain()
                attempts.cancelAll()
            }
        } onGracefulShutdown: {
            self.signal.finish()
        }
    }

    // MARK: Waking

    private func listen() async {
        // Ends when this task is cancelled.
        try? await events.listen {
            self.logger.warning("events not reachable, retrying", metadata: ["error": "\($0)"])
        } _: { change in
            // If a task is replayed immediately, the event of its failure is published with the replayed task.
            guard change.task.status.isFinal || !change.task.outbox.isEmpty else { return }
            // If it is unknown whether deliveries are due, query the store, which is cheap.
            if (try? await self.store.mayNotify(of: change.task)) ?? true { self.wake() }
        }
    }

    private func cleanUp() async {
        await PeriodicService("removal of old deliveries", every: Self.cleanUpInterval, logger: logger) { try await self.forgetOld() }.run()
    }

    /// Deletes all deliveries that are too old. Not private, so that tests can call it directly.
    package func forgetOld() async throws {
        while try await store.forgetDeliveries(limit: Self.cleanUpBatch) == Self.cleanUpBatch { try Task.checkCancellation() }
    }

    private func boundQueues() async {
        await PeriodicService("bounding of webhook queues", every: Self.cleanUpInterval, logger: logger) { try await self.giveUpExcess() }
            .run()
    }

    /// Abandons the oldest pending deliveries of endpoints that have too many. A queue that grows has due deliveries. Not private, so that
    /// tests can call it directly.
    package func giveUpExcess() async throws {
        for queue in try await store.dueWebhookQueues(limit: Self.boundedQueues) {
            var (total, count) = (0, 0)
            repeat {
                try Task.checkCancellation()
                count = try await store.giveUpDeliveries(of: queue, keeping: pendingLimit)
                total += count
            } while count > 0
            guard total > 0 else { continue }
            metrics.countAbandoned(total)
            logger.warning(
                "webhook deliveries abandoned, because too many are pending",
                metadata: ["tenant": "\(queue.tenant)", "endpoint": "\(queue.endpoint)", "count": "\(total)"])
        }
    }

    // MARK: Rounds

    private func round(_ attempts: inout DiscardingTaskGroup) async {
        do {
            let due = try await store.dueWebhookQueues(limit: Self.queuesAtATime).shuffled()
            for queue in state.withLock({ $0.slots.inTurn(due) }) {
                let room = state.withLock { $0.slots.room(for: queue) }
                if room > 0 { try await start(queue, room, &attempts) }
            }
        } catch {
            logger.warning("webhook deliveries not found, retrying", metadata: ["error": "\(error)"])
        }
    }

    private func start(_ queue: WebhookQueue, _ room: Int, _ attempts: inout DiscardingTaskGroup) async throws {
        let claimed = try await store.claimDeliveries(of: queue, limit: room)
        guard !claimed.isEmpty else { return }
        state.withLock { state in
            state.slots.take(claimed.count, of: room, for: queue)
            metrics.setInFlight(state.slots.taken)
        }
        let endpoint: Result<WebhookEndpoint?, any Error>
        do {
            endpoint = .success(try await store.webhook(queue.endpoint, of: queue.tenant))
        } catch {
            endpoint = .failure(error)
        }
        for delivery in claimed {
            attempts.addTask {
                await self.attempt(delivery, endpoint)
                self.finished(queue)
            }
        }
    }

    private func finished(_ queue: WebhookQueue) {
        let (mayHaveMore, isIdle) = state.withLock { state in
            let mayHaveMore = state.slots.giveBack(queue)
            metrics.setInFlight(state.slots.taken)
            return (mayHaveMore, state.isStopping && state.slots.taken == 0)
        }
        if mayHaveMore { wake() }
        if isIdle { idle.fire() }
    }

    private func drain() async {
        let isIdle = state.withLock { state in
            state.isStopping = true
            return state.slots.taken == 0
        }
        if !isIdle { await idle.wait(atMost: Self.drainLimit) }
    }

    // MARK: Attempts

    private func attempt(_ delivery: WebhookDelivery, _ endpoint: Result<WebhookEndpoint?, any Error>) async {
        do {
            let endpoint = try endpoint.get()
            let start = ContinuousClock.now
            var outcome = try await outcome(of: delivery, to: endpoint)
            outcome.duration = ContinuousClock.now - start
            try await settle(delivery, outcome, endpoint)
        } catch is CancellationError {
            await release(delivery)
        } catch {
            // The lease expires, and the delivery is attempted again.
            logger.warning("webhook attempt not recorded", metadata: ["delivery": "\(delivery.id)", "error": "\(error)"])
        }
    }

    private func outcome(of delivery: WebhookDelivery, to endpoint: WebhookEndpoint?) async throws -> WebhookOutcome {
        guard let endpoint, endpoint.isEnabled else { return WebhookOutcome(error: "endpoint_disabled", isFinal: true) }
        let body = try message(delivery)
        guard body.count <= Self.bodyLimit else { return WebhookOutcome(error: "body_too_large", isFinal: true) }
        let now = try await store.webhookTime()
        let timestamp = now.microseconds / 1_000_000
        let headers = WebhookSignature.headers(
            id: delivery.id, timestamp: timestamp, body: body, secrets: endpoint.validSecrets(at: now))
        metrics.begin(after: delivery.log.isEmpty ? now - delivery.eventAt : nil)
        do {
            let response = try await poster.post(
                delivery.url ?? endpoint.url, headers: [("Content-Type", "application/json")] + headers, body: ByteBuffer(bytes: body),
                responseLimit: WebhookOutcome.responseLimit, for: delivery.tenant)
            return WebhookOutcome(
                status: response.status, response: String(decoding: response.body.readableBytesView, as: UTF8.self),
                retryAfter: response.retryAfter, timestamp: timestamp)
        } catch let failure as GuardedPoster.PostError {
            return WebhookOutcome(
                error: failure.reason.rawValue, retryAfter: failure.retryAfter, timestamp: failure.mayHaveSent ? timestamp : nil)
        }
    }

    private func settle(_ delivery: WebhookDelivery, _ outcome: WebhookOutcome, _ endpoint: WebhookEndpoint?) async throws {
        guard let settled = try await store.settle(delivery, outcome) else {
            logger.warning("webhook attempt outlived its lease", metadata: ["delivery": "\(delivery.id)"])
            return
        }
        metrics.count(settled, took: outcome.duration)
        if outcome.error != "endpoint_disabled", let endpoint { try await note(outcome, of: endpoint) }
    }

    /// Retried, because a concurrent attempt may change the endpoint. A response of the previous URL says nothing about the current one.
    private func note(_ outcome: WebhookOutcome, of known: WebhookEndpoint) async throws {
        var known = known
        let url = known.url
        let now = try await store.webhookTime()
        while known.note(outcome, at: now) {
            guard var fresh = try await store.webhook(known.id, of: known.tenant), fresh.url == url, fresh.note(outcome, at: now) else {
                return
            }
            fresh.revision += 1
            fresh.updatedAt = now
            if try await write(fresh) {
                guard let fault = fresh.fault else { return }
                metrics.countDisabled()
                logger.notice(
                    "webhook endpoint disabled",
                    metadata: ["tenant": "\(fresh.tenant)", "endpoint": "\(fresh.id)", "fault": "\(fault.rawValue)"])
                return
            }
            try Task.checkCancellation()
            known = fresh
        }
    }

    private func write(_ endpoint: WebhookEndpoint) async throws -> Bool {
        guard endpoint.fault != nil else { return try await store.replace(endpoint) }
        let store = store
        return try await disabling(endpoint) {
            if try await store.replace(endpoint) { return true }
            // An earlier write of this call, whose response was lost, has stored it. Only this call can report it.
            return try await store.webhook(endpoint.id, of: endpoint.tenant) == endpoint
        }
    }

    /// Runs in a separate task, because this one has been cancelled.
    private func release(_ delivery: WebhookDelivery) async {
        let (store, logger) = (store, logger)
        await Task {
            do {
                try await store.release(delivery)
            } catch {
                logger.debug("webhook claim not given back", metadata: ["delivery": "\(delivery.id)", "error": "\(error)"])
            }
        }.value
    }
}
