import Conformance
import Logging
import PixelFlowCore
import PixelFlowDispatch
import PixelFlowEmbedded
import ServiceLifecycle
import Testing

/// Which events are acknowledged once they are published.
@Suite struct OutboxPublisherTests {
    /// Makes deliveries, but not all of some tasks.
    private struct PartialFanOut: WebhookFanOut {
        let incomplete: Set<TaskID>

        func fanOut(_ tasks: [TaskRecord]) async throws -> Set<TaskID> { incomplete.intersection(tasks.map(\.id)) }
        func mayTell(of task: TaskRecord) async throws -> Bool { false }
    }

    /// An endpoint that only a newer version can read costs its own organisation a delay, and nobody else anything.
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
        // It publishes and acknowledges the rest before it ends.
        let group = ServiceGroup(services: [publisher], logger: silent)
        async let running: Void = group.run()
        await group.triggerGracefulShutdown()
        try await running
        #expect(try await store.unpublished(olderThan: .zero, limit: 10).map(\.id) == [ended[1].id])
    }
}
