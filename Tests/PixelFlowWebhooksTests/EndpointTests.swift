import PixelFlowCore
import Testing

@Suite struct EndpointTests {
    private let start = Timestamp(microseconds: 1_767_225_600_000_000)

    private func endpoint() -> WebhookEndpoint {
        WebhookEndpoint(
            id: WebhookID("shop"), tenant: TenantID("tenant"), url: "https://example.com", events: [.taskFailed], createdAt: start)
    }

    /// Notes outcomes at so many days, and says which of them changed the endpoint.
    private func changes(_ endpoint: inout WebhookEndpoint, _ outcomes: [(status: Int, day: Int64)]) -> [Bool] {
        outcomes.map { endpoint.note(WebhookOutcome(status: $0.status), at: start + .seconds($0.day * 86_400)) }
    }

    @Test func fiveDaysOfFailuresDisableAnEndpointAndASuccessInBetweenDoesNot() {
        var endpoint = endpoint()
        let first = changes(&endpoint, [(500, 0), (500, 4), (200, 4), (500, 4), (500, 8)])
        #expect(first == [true, false, true, true, false])
        #expect(endpoint.isEnabled)
        let later = changes(&endpoint, [(500, 9), (500, 10)])
        #expect(later == [true, false])
        #expect(!endpoint.isEnabled && endpoint.fault == .failing)
        endpoint.setEnabled(true)
        #expect(endpoint.fault == nil && endpoint.failingSince == nil)
    }

    @Test func goneDisablesAnEndpointButNotThatOfTheOrganisation() {
        var one = endpoint()
        let changed = changes(&one, [(410, 0)])
        #expect(changed == [true])
        #expect(!one.isEnabled && one.fault == .gone)
        var shared = WebhookEndpoint.organisation(TenantID("tenant"), at: start)
        let ofShared = changes(&shared, [(410, 0)])
        #expect(ofShared == [false])
        #expect(shared.isEnabled)
    }

    @Test func delaysAreSpreadAndBounded() {
        #expect(WebhookSchedule.delays.count == 10)
        #expect(WebhookSchedule.delay(after: 1, jitter: 0) == .seconds(5))
        #expect(WebhookSchedule.delay(after: 2, jitter: 1) == .seconds(330))
        #expect(WebhookSchedule.delay(after: 10, jitter: 0) == nil)
        #expect(WebhookSchedule.delay(after: 1, jitter: 0, retryAfter: .seconds(60)) == .seconds(60))
        #expect(WebhookSchedule.delay(after: 1, jitter: 0, retryAfter: .seconds(1 << 40)) == .seconds(86_400))
    }
}
