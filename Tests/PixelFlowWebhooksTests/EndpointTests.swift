import Foundation
import PixelFlowCore
import Testing

@Suite struct EndpointTests {
    private let start = Timestamp(microseconds: 1_767_225_600_000_000)

    private func endpoint() -> WebhookEndpoint {
        WebhookEndpoint(
            id: WebhookID("shop"), tenant: TenantID("tenant"), url: "https://example.com", events: [.taskFailed], createdAt: start)
    }

    /// Records outcomes on the given days and returns which of them changed the endpoint.
    private func changes(_ endpoint: inout WebhookEndpoint, _ outcomes: [(status: Int, day: Int64)]) -> [Bool] {
        outcomes.map { endpoint.note(WebhookOutcome(status: $0.status), at: start + .seconds($0.day * 86_400)) }
    }

    @Test func fiveDaysOfFailuresWithoutSuccessDisableAnEndpoint() {
        var endpoint = endpoint()
        let first = changes(&endpoint, [(500, 0), (500, 1), (500, 2), (500, 3), (500, 4), (200, 4)])
        #expect(first == [true, true, true, true, true, true])
        #expect(endpoint.isEnabled && endpoint.failingSince == nil && endpoint.lastFailureAt == nil)
        let later = changes(&endpoint, [(500, 4), (500, 5), (500, 6), (500, 7), (500, 8)])
        #expect(later == [true, true, true, true, true])
        #expect(endpoint.isEnabled)
        let last = changes(&endpoint, [(500, 9), (500, 10)])
        #expect(last == [true, false])
        #expect(!endpoint.isEnabled && endpoint.fault == .failing)
        endpoint.setEnabled(true)
        #expect(endpoint.fault == nil && endpoint.failingSince == nil && endpoint.lastFailureAt == nil)
    }

    @Test func isolatedFailuresDisableNothing() {
        var endpoint = endpoint()
        let changed = changes(&endpoint, [(500, 0), (500, 6)])
        #expect(changed == [true, true])
        #expect(endpoint.isEnabled && endpoint.failingSince == start + .seconds(6 * 86_400))
    }

    @Test func failuresAreRecordedAtMostHourly() {
        var endpoint = endpoint()
        let changed = [0, 1, 3599, 3600, 3601].map { endpoint.note(WebhookOutcome(status: 500), at: start + .seconds($0)) }
        #expect(changed == [true, false, false, true, false])
        #expect(endpoint.failingSince == start && endpoint.lastFailureAt == start + .seconds(3600))
    }

    @Test func endpointOfAnEarlierReleaseIsDecoded() throws {
        var endpoint = endpoint()
        _ = changes(&endpoint, [(500, 0)])
        var fields = try #require(try JSONSerialization.jsonObject(with: JSONEncoder().encode(endpoint)) as? [String: Any])
        #expect(fields.removeValue(forKey: "lastFailureAt") != nil)
        var read = try JSONDecoder().decode(WebhookEndpoint.self, from: JSONSerialization.data(withJSONObject: fields))
        #expect(read.failingSince == start && read.lastFailureAt == nil)
        let changed = changes(&read, [(500, 1), (500, 7)])
        #expect(changed == [true, true])
        #expect(read.isEnabled && read.failingSince == start + .seconds(7 * 86_400))
    }

    @Test func gone410DisablesOnlyTheEndpoint() {
        var one = endpoint()
        let changed = changes(&one, [(410, 0)])
        #expect(changed == [true])
        #expect(!one.isEnabled && one.fault == .gone)
        var shared = WebhookEndpoint.organisation(TenantID("tenant"), at: start)
        let ofShared = changes(&shared, [(410, 0)])
        #expect(ofShared == [false])
        #expect(shared.isEnabled)
    }

    @Test func responseExcerptDoesNotGrowInJSON() {
        #expect(WebhookOutcome(response: "a\u{0}b\u{1b}[1m\tc\r\n✓\u{7f}").response == "a?b?[1m\tc\r\n✓?")
        let long = WebhookOutcome(response: String(repeating: "€", count: 2000)).response
        #expect(long == String(repeating: "€", count: 1365))
    }

    @Test func logKeepsTheLastThreeResponses() {
        var delivery = WebhookDelivery(
            id: WebhookDeliveryID("msg"), tenant: TenantID("tenant"), endpoint: WebhookID("shop"), event: .test, eventAt: start,
            payload: .test, createdAt: start)
        for attempt in 1...5 {
            let now = start + .seconds(attempt * 200_000)
            _ = delivery.claim(at: now)
            _ = delivery.settle(WebhookOutcome(status: 500, response: "\(attempt)"), epoch: attempt, at: now, jitter: 0)
        }
        #expect(delivery.log.map(\.response) == ["", "", "3", "4", "5"])
        #expect(delivery.log.map(\.status) == [500, 500, 500, 500, 500])
    }

    @Test func retryDelaysHaveJitterAndBounds() {
        #expect(WebhookSchedule.delays.count == 10)
        #expect(WebhookSchedule.delay(after: 1, jitter: 0) == .seconds(5))
        #expect(WebhookSchedule.delay(after: 2, jitter: 1) == .seconds(330))
        #expect(WebhookSchedule.delay(after: 10, jitter: 0) == nil)
        #expect(WebhookSchedule.delay(after: 1, jitter: 0, retryAfter: .seconds(60)) == .seconds(60))
        #expect(WebhookSchedule.delay(after: 1, jitter: 0, retryAfter: .seconds(1 << 40)) == .seconds(86_400))
    }
}
