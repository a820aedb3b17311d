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
}
