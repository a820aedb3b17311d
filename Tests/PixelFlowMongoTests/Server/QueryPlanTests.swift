import Conformance
import FaultProxy
import PixelFlowCore
import Testing

@testable import PixelFlowMongo

/// The queries that services repeat, with the indexes that they use.
@Suite(.serialized, .enabled(if: TestServer.isThere, TestServer.absence))
struct QueryPlanTests {
    private static let agenda = "task_by_agenda (next_step.kind= next_step.held= next_step.sent="

    private func with(_ body: (MongoTaskStore, ManualClock, CommandLog) async throws -> Void) async throws {
        try await TestProxy.with { proxy, _, database in
            let clock = ManualClock(start: SystemClock().now())
            let store = try database.behind(port: proxy.port).store(clock: clock)
            try await body(store, clock, CommandLog(proxy))
        }
    }

    /// Both at the beginning and after a position: in the order of an index, without sorting.
    @Test func pagesAreReadInTheOrderOfAnIndex() async throws {
        try await with { store, clock, log in
            for _ in 0..<2 {
                let task = try await store.add()
                clock.advance(by: .seconds(1))
                _ = try await store.delete(try await store.cancel(task.id, of: Sample.tenant)?.id ?? task.id, of: Sample.tenant)
            }
            clock.advance(by: .seconds(1))
            let position = TimelinePosition(time: Timestamp(microseconds: 1), task: TaskID("task"))
            for (start, rest) in [(TimelinePosition.beginning, ""), (position, " filter ($or)")] {
                let deleted = try await log.plans(finding: 2) { try await store.deleted(after: start, limit: 2).count }
                #expect(deleted == [Self.agenda + " next_step.at<>)" + rest])
                let unpublished = try await log.plans(finding: 2) {
                    try await store.unpublished(olderThan: .zero, after: start, limit: 2).count
                }
                #expect(unpublished.last == "task_by_outbox_since (outbox_since<>)" + rest)
                #expect(unpublished.dropLast() == (start == .beginning ? ["task_by_outbox_since (outbox_since=)"] : []))
                let changes = try await log.plans(finding: 2) { try await store.changes(of: Sample.tenant, after: start, limit: 2).count }
                #expect(changes == ["task_by_change_and_id (tenant= updated_at<>)" + rest])
            }
        }
    }

    @Test func whatIsDueIsReadWithoutHeldTasks() async throws {
        try await with { store, clock, log in
            _ = try await store.add()
            clock.advance(by: TaskPolicy.standard.publishTimeout + .seconds(1))
            let due = try await log.plans(finding: 1) { try await store.takeDue(limit: 2).count }
            #expect(due == [Self.agenda + " next_step.at<>)"])
            let expired = try await log.plans(finding: 0) { try await store.expireLeases(limit: 2).count }
            #expect(expired == due)
        }
    }

    @Test func lostMessagesAreFoundAmongThoseSent() async throws {
        try await with { store, _, log in
            let plans = try await log.plans(finding: 0) { try await store.redeliverLost(publishedBefore: .distantFuture, limit: 2) }
            #expect(
                plans == [
                    "task_in_broker (next_step.sent= next_run_at<>) filter (dispatch.acknowledged_at next_step.at)",
                    Self.agenda + " next_step.at<>) filter (dispatch.acknowledged_at)",
                ])
        }
    }

    @Test func waitingTasksAreFoundByIndexes() async throws {
        try await with { store, clock, log in
            let cancelled = " filter (cancel_requested)"
            let sent = "task_in_broker (next_step.sent= next_run_at<>)"
            let held = "task_by_turn (next_step.held= [next_run_at])" + cancelled
            let withoutLane = Self.agenda + ")"
            let any = "\(sent + cancelled) or \(held) or \(withoutLane) filter (next_run_at cancel_requested)"
            let plans = try await log.plans(finding: 0) { try await store.waiting(longerThan: .zero, limit: 2).count }
            #expect(plans == [any])

            var task = Sample.task()
            task.dispatch.isHeld = true
            _ = try await store.add(task)
            clock.advance(by: .seconds(1))
            let all = try await log.plans(finding: [task.id]) { try await store.waiting(longerThan: .zero, limit: 2) }
            #expect(all == [any, sent + cancelled, withoutLane + " filter (next_run_at cancel_requested)", sent, held])
        }
    }

    /// Reads an index entry for each queue, not each delivery.
    @Test func dueQueuesAreDistinctEntriesOfAnIndex() async throws {
        try await with { store, clock, log in
            _ = try await store.add(
                WebhookEndpoint(
                    id: WebhookID("shop"), tenant: Sample.tenant, url: "https://example.com/", events: [.taskCancelled],
                    createdAt: clock.now()))
            for _ in 0..<3 {
                let task = try await store.add()
                try await store.fanOut([try #require(try await store.cancel(task.id, of: Sample.tenant))])
            }
            clock.advance(by: .seconds(1))
            let plans = try await log.plans(finding: 1) { try await store.dueWebhookQueues(limit: 10).count }
            #expect(
                plans == ["distinct delivery_by_due (tenant<> [due])", "distinct delivery_by_due (tenant= [due])"])
        }
    }

    /// As many look-ups as queues are wanted, however many tenants have some.
    @Test func lookupsForDueQueuesAreBounded() async throws {
        try await with { store, clock, log in
            for number in 0..<6 {
                let tenant = TenantID("tenant-\(number)")
                _ = try await store.add(
                    WebhookEndpoint(
                        id: WebhookID("shop"), tenant: tenant, url: "https://example.com/", events: [.taskCancelled],
                        createdAt: clock.now()))
                let task = try await store.add(Sample.task(of: tenant))
                try await store.fanOut([try #require(try await store.cancel(task.id, of: tenant))])
            }
            clock.advance(by: .seconds(1))
            let plans = try await log.plans(finding: 2) { try await store.dueWebhookQueues(limit: 2).count }
            #expect(plans.count == 3)
        }
    }

    /// Of requests and of services, apart from the few endpoints of a tenant.
    @Test func otherRepeatedQueriesAreNotSortedEither() async throws {
        try await with { store, clock, log in
            let queue = WebhookQueue(tenant: Sample.tenant, endpoint: WebhookID("shop"))
            let batch = Batch(id: .make(at: clock.now()), tenant: Sample.tenant, owner: UserID("user"), createdAt: clock.now())
            let commands = try await log.commands {
                for status in TaskStatus.allCases.map(Optional.some) + [nil] {
                    _ = try await store.list(TaskQuery(tenant: Sample.tenant, status: status, limit: 2))
                    _ = try await store.list(TaskQuery(tenant: Sample.tenant, status: status, batch: batch.id, limit: 2))
                }
                _ = try await store.takeHeld([HeldQueue(lane: .normal, tenant: Sample.tenant): 1])
                _ = try await store.heldQueues(limit: 1)
                _ = try await store.occupancy()
                _ = try await store.dueBatches(limit: 1)
                _ = try await store.hasOpenTask(batch)
                _ = try await store.newestTask(of: batch)
                _ = try await store.counts(of: batch.id, of: Sample.tenant)
                _ = try await store.batches(BatchQuery(tenant: Sample.tenant))
                _ = try await store.claimDeliveries(of: queue, limit: 1)
                _ = try await store.deliveries(WebhookDeliveryQuery(queue))
                _ = try await store.forgetDeliveries(limit: 1)
                _ = try await store.pastRetention(after: nil, limit: 1)
                _ = try await store.forgetUsage(limit: 1)
                _ = try await store.orphans(after: nil, limit: 1)
            }
            let plans = commands.compactMap { QueryPlan(of: $0)?.description }
            #expect(plans.count > 20)
            #expect(plans.filter { $0.contains("sorted") || $0.contains("every document") } == [])
        }
    }
}
