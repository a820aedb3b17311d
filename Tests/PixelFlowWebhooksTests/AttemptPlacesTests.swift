import PixelFlowCore
import Testing

@testable import PixelFlowWebhooks

/// Tests the rules on their own.
@Suite struct AttemptPlacesTests {
    /// A reference to the rules, because expectations cannot change a value.
    private final class Places {
        private var rules: AttemptPlaces

        init(capacity: Int) { rules = AttemptPlaces(capacity: capacity) }

        var taken: Int { rules.taken }
        func inTurn(_ queues: [WebhookQueue]) -> [WebhookQueue] { rules.inTurn(queues) }
        func room(for queue: WebhookQueue) -> Int { rules.room(for: queue) }
        func take(_ count: Int, of room: Int, for queue: WebhookQueue) { rules.take(count, of: room, for: queue) }
        func giveBack(_ queue: WebhookQueue) -> Bool { rules.giveBack(queue) }
    }

    private func queue(_ tenant: String, _ endpoint: Int) -> WebhookQueue {
        WebhookQueue(tenant: TenantID(tenant), endpoint: WebhookID("endpoint-\(endpoint)"))
    }

    /// Takes all places that each queue can get.
    private func fill(_ places: Places, _ queues: [WebhookQueue]) -> Int {
        let before = places.taken
        for queue in queues {
            let room = places.room(for: queue)
            if room > 0 { places.take(room, of: room, for: queue) }
        }
        return places.taken - before
    }

    @Test func aloneAnOrganisationRunsAllItsEndpoints() {
        let places = Places(capacity: WebhookSender.capacity)
        #expect(fill(places, [queue("one", 0)]) == WebhookQueue.width)
        // All endpoints that an organisation can have, at full width.
        let all = (1..<WebhookEndpoint.limit).map { queue("one", $0) }
        #expect(fill(places, all) == (WebhookEndpoint.limit - 1) * WebhookQueue.width)
        #expect(fill(places, (0..<100).map { queue("one", $0 + 100) }) <= WebhookQueue.width)
    }

    /// Five organisations whose receivers hang leave places to others from the start.
    @Test func fewHangingOrganisationsLeavePlaces() {
        let places = Places(capacity: WebhookSender.capacity)
        for _ in 0..<10 { _ = fill(places, (0..<100).map { queue("hanging \($0 % 5)", $0 / 5) }) }
        #expect(fill(places, [queue("other", 0)]) == WebhookQueue.width)
    }

    /// Any number of them leaves places once their first attempts have timed out.
    @Test(arguments: [1, 5, 20, 50]) func manyHangingOrganisationsLeavePlacesAfterTimeouts(hanging: Int) {
        let places = Places(capacity: 400)
        let queues = (0..<hanging * 5).map { queue("hanging \($0 % hanging)", $0 / hanging) }
        var underWay: [WebhookQueue] = []
        func claim() {
            for queue in places.inTurn(queues) {
                let room = places.room(for: queue)
                guard room > 0 else { continue }
                places.take(room, of: room, for: queue)
                underWay += Array(repeating: queue, count: room)
            }
        }
        claim()
        for _ in 0..<100 {
            let ended = underWay.prefix(20)
            underWay.removeFirst(ended.count)
            for queue in ended { _ = places.giveBack(queue) }
            claim()
        }
        #expect(places.taken == underWay.count)
        #expect(fill(places, [queue("other", 0)]) >= (hanging > 20 ? 5 : WebhookQueue.width))
    }

    @Test func organisationsWithFewestRunningAttemptsComeFirst() {
        let places = Places(capacity: 100)
        places.take(3, of: 10, for: queue("busy", 0))
        let due = [queue("busy", 0), queue("busy", 1), queue("idle", 0), queue("idle", 1), queue("new", 0)]
        #expect(places.inTurn(due) == [due[2], due[4], due[0], due[3], due[1]])
    }

    @Test func freedPlaceIsReportedToASaturatedQueue() {
        let places = Places(capacity: 8)
        let (first, second) = (queue("one", 0), queue("one", 1))
        #expect(places.room(for: first) == 2)
        places.take(1, of: 2, for: first)
        // It took fewer than it could get, so it has no more due deliveries.
        #expect(!places.giveBack(first))
        places.take(2, of: 2, for: first)
        #expect(places.room(for: second) == 0)
        #expect(places.giveBack(first))
        #expect(places.room(for: second) == 1)
    }

    @Test func freedPlaceOfAFullProcessIsReported() {
        let places = Places(capacity: 2)
        places.take(1, of: 10, for: queue("one", 0))
        places.take(1, of: 10, for: queue("two", 0))
        #expect(places.room(for: queue("new", 0)) == 0)
        #expect(places.giveBack(queue("one", 0)))
        #expect(places.room(for: queue("new", 0)) == 1)
        #expect(!places.giveBack(queue("two", 0)))
    }
}
