package import Logging
package import Metrics
package import PixelFlowCore
import PixelFlowTelemetry
package import ServiceLifecycle
import Synchronization

/// Publishes dispatch messages and task events in the background and in order.
///
/// This cannot lose a task: a dispatch message or an event without a confirmed publication stays due
/// in the task store, and the `Dispatcher` publishes it again. Acknowledgements are written in
/// batches, so that they cost a short task no writes of its own.
package final class OutboxPublisher: Service {
    /// How long acknowledgements are collected before they are written.
    static let flushInterval = Duration.milliseconds(200)
    /// The maximum number of queued items; the dispatcher publishes those beyond it later.
    static let capacity = 100_000

    private struct State {
        var messages: [DispatchMessage] = []
        var changes: [TaskChange] = []
        var pacer = ChangePacer(at: ContinuousClock.now)
        var publishedMessages: [DispatchMessage] = []
        var publishedEvents: [TaskID: Set<String>] = [:]

        mutating func takeChanges(evenEarly: Bool) -> [TaskChange] {
            if evenEarly {
                pacer.flush(at: .now)
            } else if !pacer.publish(at: .now) {
                return []
            }
            defer { changes = [] }
            return changes
        }
    }

    private let store: any TaskDispatchStore
    private let broker: any TaskBroker
    private let events: any TaskEvents
    private let webhooks: (any WebhookFanOut)?
    private let logger: Logger
    private let metrics: DispatchMetrics
    private let outages = OutageLog()
    private let deadLetters: DeadLetters
    private let versions: FollowedVersions?
    private let state = Mutex(State())
    private let signal = WakeSignal()

    /// - Parameters:
    ///   - webhooks: creates deliveries for events; nil if there are no webhooks.
    ///   - versions: notified of this process's changes directly, before their events arrive.
    package init(
        store: any TaskDispatchStore, broker: any TaskBroker, events: any TaskEvents, webhooks: (any WebhookFanOut)? = nil,
        versions: FollowedVersions? = nil, logger: Logger,
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.versions = versions
        self.store = store
        self.broker = broker
        self.events = events
        self.webhooks = webhooks
        self.logger = logger
        self.metrics = DispatchMetrics(metrics)
        deadLetters = DeadLetters(broker: broker, logger: logger, metrics: metrics)
    }

    /// Queues dispatch messages for PENDING tasks, except those that are held.
    package func enqueue(_ tasks: some Sequence<TaskRecord>) {
        let accepted = state.withLock { state in
            guard state.messages.count < Self.capacity else { return false }
            state.messages.append(contentsOf: tasks.lazy.filter { !$0.dispatch.isHeld }.map { DispatchMessage($0) })
            metrics.messageBacklog.set(state.messages.count)
            return true
        }
        if accepted { signal.wake() }
    }

    /// Records that this process has changed a task, or may have, before its event is due.
    package func noteChange(_ task: TaskID, of tenant: TenantID) { versions?.note(task, of: tenant) }

    /// Queues the current state of a task for publication, including its outbox.
    package func publish(_ task: TaskRecord, progress: Double? = nil) {
        versions?.note([task])
        // Workers stop the run when they receive the event.
        let isUrgent = task.status.isFinal || task.cancelRequested
        let due: ContinuousClock.Instant? = state.withLock { state in
            guard state.changes.count < Self.capacity else { return nil }
            state.changes.append(TaskChange(task, progress: progress))
            metrics.eventBacklog.set(state.changes.count)
            return state.pacer.add(task.id, isFinal: isUrgent, at: .now)
        }
        guard let due else { return }
        if due <= .now {
            signal.wake()
        } else {
            Task {
                try? await Task.sleep(until: due)
                signal.wake()
            }
        }
    }

    /// Publishes until shutdown, then publishes the rest.
    package func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await PeriodicService("flush of the outbox", every: Self.flushInterval, logger: self.logger) { await self.flush() }
                        .run()
                }
                while await signal.wait() { await publishAll() }
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.signal.finish()
        }
        await publishAll(atLast: true)
        await deadLetters.finish()
        await flush()
    }

    private func publishAll(atLast: Bool = false) async {
        let (messages, changes) = state.withLock { state in
            defer { state.messages = [] }
            metrics.messageBacklog.set(0)
            return (state.messages, state.takeChanges(evenEarly: atLast))
        }
        if !changes.isEmpty { metrics.eventBacklog.set(0) }
        if !messages.isEmpty { await publish(messages) }
        if !changes.isEmpty { await publish(changes) }
    }

    private func publish(_ messages: [DispatchMessage]) async {
        let spans = PublishSpans(messages)
        do {
            try await broker.publish(spans.messages)
            spans.end()
            metrics.published.increment(by: messages.count)
            state.withLock { $0.publishedMessages.append(contentsOf: messages) }
        } catch {
            spans.end(error)
            metrics.failed.increment(by: messages.count)
            outages.warning(
                "dispatch messages not published, stay due", ["count": "\(messages.count)", "error": "\(error)"], to: logger)
        }
    }

    private func publish(_ changes: [TaskChange]) async {
        // First, so that recipients of the event find the deliveries.
        let tasks = await makeDeliveries(of: changes.map(\.task))
        do {
            try await events.publish(changes)
            metrics.publications.increment()
            // A task may have been replayed after the failure that its event reports.
            let reported = tasks.flatMap(\.reportedStates)
            published(reported.filter { $0.status != .failed })
            let failed = reported.filter { $0.status == .failed }
            // Concurrently, so that slow dead letters do not delay dispatch messages.
            if !failed.isEmpty { deadLetters.publish(failed) { self.published($0) } }
        } catch {
            outages.warning("events not published, stay due", ["count": "\(changes.count)", "error": "\(error)"], to: logger)
        }
    }

    /// - Returns: the tasks whose events may be acknowledged, because all of their deliveries are known to be stored.
    private func makeDeliveries(of tasks: [TaskRecord]) async -> [TaskRecord] {
        let ended = tasks.filter { !$0.outbox.isEmpty }
        guard let webhooks, !ended.isEmpty else { return ended }
        do {
            let waiting = try await webhooks.fanOut(ended)
            return waiting.isEmpty ? ended : ended.filter { !waiting.contains($0.id) }
        } catch {
            outages.warning(
                "webhook deliveries not created, will be retried", ["count": "\(ended.count)", "error": "\(error)"], to: logger)
            return []
        }
    }

    private func published(_ tasks: [TaskRecord]) {
        state.withLock { state in
            for task in tasks { state.publishedEvents[task.id, default: []].formUnion(task.outbox.map(\.id)) }
        }
    }

    private func flush() async {
        let (messages, events) = state.withLock { state in
            defer { (state.publishedMessages, state.publishedEvents) = ([], [:]) }
            return (state.publishedMessages, state.publishedEvents)
        }
        do {
            if !messages.isEmpty { try await store.acknowledge(messages) }
            if !events.isEmpty { try await store.acknowledge(events: events) }
        } catch {
            // They are published again later with the same ids.
            outages.warning("acknowledgements not written", ["error": "\(error)"], to: logger)
        }
    }
}
