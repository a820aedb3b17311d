import Conformance
import Logging
import PixelFlowCore
import PixelFlowDispatch
import PixelFlowEmbedded
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

/// Which events are acknowledged once they are published.
@Suite struct OutboxPublisherTests {
    /// Makes deliveries, but not all of some tasks.
    private struct PartialFanOut: WebhookFanOut {
        let incomplete: Set<TaskID>

        func fanOut(_ tasks: [TaskRecord]) async throws -> Set<TaskID> { incomplete.intersection(tasks.map(\.id)) }
        func mayNotify(of task: TaskRecord) async throws -> Bool { false }
    }

    /// An endpoint that only a newer version can read costs its own organisation a delay, and others nothing.
    @Test func onlyEventsWithMissingDeliveriesStayDue() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteTaskStore(path: folder.path + "/tasks.sqlite")
        let names = ["ada", "bob", "eve"].map { TenantID($0) }
        var ended: [TaskRecord] = []
        for tenant in names {
            guard case .created(let task) = try await store.create(Sample.task(at: SystemClock().now(), tenant: tenant, lane: .normal))
            else {
                Issue.record("no new task")
                return
            }
            ended.append(try #require(try await store.cancel(task.id, of: tenant)))
        }
        let publisher = OutboxPublisher(
            store: store, broker: InProcessBroker(), events: InProcessTaskEvents(), webhooks: PartialFanOut(incomplete: [ended[1].id]),
            logger: silent)
        for task in ended { publisher.publish(task) }
        try await runToTheEnd(publisher)
        #expect(try await store.unpublished(olderThan: .zero, limit: 10).map(\.id) == [ended[1].id])
    }

    /// The broker that records dead letters.
    private final class DeadLetterBroker: TaskBroker {
        let letters = Mutex<[TaskRecord]>([])

        func deadLetter(_ task: TaskRecord) async throws { letters.withLock { $0.append(task) } }
        func publish(_ messages: [DispatchMessage]) async throws {}
        func subscribe() async throws -> any DispatchSubscription { throw CancellationError() }
        func hasDelivered(everythingBefore time: Timestamp) async throws -> Bool { false }
        func check() async throws {}
    }

    @Test func aReplayDoesNotCostTheDeadLetter() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteTaskStore(path: folder.path + "/tasks.sqlite")
        guard case .created(let task) = try await store.create(Sample.task(at: SystemClock().now())) else {
            Issue.record("no new task")
            return
        }
        let claimed = try #require(try await store.claim(task.id, by: WorkerID("worker")))
        let error = TaskError(code: "not_an_image", message: "It is no image.")
        let failed = try #require(try await store.fail(claimed.claim, with: TaskFailure(error: error, retry: .permanent)))
        let replayed = try #require(try await store.replay(task.id, of: task.tenant))
        let broker = DeadLetterBroker()
        let publisher = OutboxPublisher(store: store, broker: broker, events: InProcessTaskEvents(), logger: silent)
        publisher.publish(replayed)
        try await runToTheEnd(publisher)
        let letters = broker.letters.withLock { $0 }
        #expect(letters.map(\.error) == [error])
        #expect(letters.map(\.status) == [.failed])
        #expect(letters.map(\.outbox) == [failed.outbox])
        #expect(letters.map(\.attempts) == [failed.attempts])
        #expect(try await store.unpublished(olderThan: .zero, limit: 10) == [])
    }

    /// A publisher publishes and acknowledges the rest before it ends.
    private func runToTheEnd(_ publisher: OutboxPublisher) async throws {
        let group = ServiceGroup(services: [publisher], logger: silent)
        async let running: Void = group.run()
        await group.triggerGracefulShutdown()
        try await running
    }
}
