import PixelFlowCore
import Testing

@testable import PixelFlowWebhooks

/// Tests the rules on their own.
@Suite struct AttemptSlotsTests {
    /// A reference to the rules, because expectations cannot change a value.
    private final class Slots {
        private var rules: AttemptSlots

        init(capacity: Int) { rules = AttemptSlots(capacity: capacity) }

        var taken: Int { rules.taken }
        func inTurn(_ queues: [WebhookQueue]) -> [WebhookQueue] { rules.inTurn(queues) }
        func room(for queue: WebhookQueue) -> Int { rules.room(for: queue) }
        func take(_ count: Int, of room: Int, for queue: WebhookQueue) { rules.take(count, of: room, for: queue) }
        func giveBack(_ queue: WebhookQueue) -> Bool { rules.giveBack(queue) }
    }

    private func queue(_ tenant: String, _ endpoint: Int) -> WebhookQueue {
        WebhookQueue(tenant: TenantID(tenant), endpoint: WebhookID("endpoint-\(endpoint)"))
    }

    /// Takes all slots that each queue can get.
    private func fill(_ slots: Slots, _ queues: [WebhookQueue]) -> Int {
        let before = slots.taken
        for queue in queues {
            let room = slots.room(for: queue)
            if room > 0 { slots.take(room, of: room, for: queue) }
        }
        return slots.taken - before
    }

    @Test func aloneAnOrganisationRunsAllItsEndpoints() {
        let slots = Slots(capacity: WebhookSender.capacity)
        #expect(fill(slots, [queue("one", 0)]) == WebhookQueue.width)
        // All endpoints that an organisation can have, at full width.
        let all = (1..<WebhookEndpoint.limit).map { queue("one", $0) }
        #expect(fill(slots, all) == (WebhookEndpoint.limit - 1) * WebhookQueue.width)
        #expect(fill(slots, (0..<100).map { queue("one", $0 + 100) }) <= WebhookQueue.width)
    }

    /// Five organisations whose receivers hang leave slots to others from the start.
    @Test func fewHangingOrganisationsLeaveSlots() {
        let slots = Slots(capacity: WebhookSender.capacity)
        for _ in 0..<10 { _ = fill(slots, (0..<100).map { queue("hanging \($0 % 5)", $0 / 5) }) }
        #expect(fill(slots, [queue("other", 0)]) == WebhookQueue.width)
    }

    /// Any number of them leaves slots once their first attempts have timed out.
    @Test(arguments: [1, 5, 20, 50]) func manyHangingOrganisationsLeaveSlotsAfterTimeouts(hanging: Int) {
        let slots = Slots(capacity: 400)
        let queues = (0..<hanging * 5).map { queue("hanging \($0 % hanging)", $0 / hanging) }
        var underWay: [WebhookQueue] = []
        func claim() {
            for queue in slots.inTurn(queues) {
                let room = slots.room(for: queue)
                guard room > 0 else { continue }
                slots.take(room, of: room, for: queue)
                underWay += Array(repeating: queue, count: room)
            }
        }
        claim()
        for _ in 0..<100 {
            let ended = underWay.prefix(20)
            underWay.removeFirst(ended.count)
            for queue in ended { _ = slots.giveBack(queue) }
            claim()
        }
        #expect(slots.taken == underWay.count)
        #expect(fill(slots, [queue("other", 0)]) >= (hanging > 20 ? 5 : WebhookQueue.width))
    }

    @Test func organisationsWithFewestRunningAttemptsComeFirst() {
        let slots = Slots(capacity: 100)
        slots.take(3, of: 10, for: queue("busy", 0))
        let due = [queue("busy", 0), queue("busy", 1), queue("idle", 0), queue("idle", 1), queue("new", 0)]
        #expect(slots.inTurn(due) == [due[2], due[4], due[0], due[3], due[1]])
    }

    @Test func freedPlaceIsReportedToASaturatedQueue() {
        let slots = Slots(capacity: 8)
        let (first, second) = (queue("one", 0), queue("one", 1))
        #expect(slots.room(for: first) == 2)
        slots.take(1, of: 2, for: first)
        // It took fewer than it could get, so it has no more due deliveries.
        #expect(!slots.giveBack(first))
        slots.take(2, of: 2, for: first)
        #expect(slots.room(for: second) == 0)
        #expect(slots.giveBack(first))
        #expect(slots.room(for: second) == 1)
    }

    @Test func freedPlaceOfAFullProcessIsReported() {
        let slots = Slots(capacity: 2)
        slots.take(1, of: 10, for: queue("one", 0))
        slots.take(1, of: 10, for: queue("two", 0))
        #expect(slots.room(for: queue("new", 0)) == 0)
        #expect(slots.giveBack(queue("one", 0)))
        #expect(slots.room(for: queue("new", 0)) == 1)
        #expect(!slots.giveBack(queue("two", 0)))
    }
}
