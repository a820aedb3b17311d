import PixelFlowCore
import Testing

@Suite struct EndpointTests {
    private let start = Timestamp(microseconds: 1_767_225_600_000_000)

    private func endpoint() -> WebhookEndpoint {
        WebhookEndpoint(
            id: WebhookID("shop"), tenant: TenantID("tenant"), url: "https://example.com", events: [.taskFailed], createdAt: start)
    }

    @Test func fiveDaysOfFailuresDisableAnEndpointAndASuccessInBetweenDoesNot() {
        var endpoint = endpoint()
        let failure = WebhookOutcome(status: 500)
        #expect(endpoint.note(failure, at: start))
        #expect(!endpoint.note(failure, at: start + .seconds(4 * 86_400)))
        #expect(endpoint.note(WebhookOutcome(status: 200), at: start + .seconds(4 * 86_400)))
        #expect(endpoint.note(failure, at: start + .seconds(4 * 86_400)))
        #expect(!endpoint.note(failure, at: start + .seconds(8 * 86_400)))
        #expect(endpoint.isEnabled)
        #expect(endpoint.note(failure, at: start + .seconds(9 * 86_400)))
        #expect(!endpoint.isEnabled && endpoint.fault == .failing)
        endpoint.setEnabled(true)
        #expect(endpoint.fault == nil && endpoint.failingSince == nil)
    }

    @Test func goneDisablesAnEndpointButNotThatOfTheOrganisation() {
        var one = endpoint()
        #expect(one.note(WebhookOutcome(status: 410), at: start))
        #expect(!one.isEnabled && one.fault == .gone)
        var shared = WebhookEndpoint.organisation(TenantID("tenant"), at: start)
        #expect(!shared.note(WebhookOutcome(status: 410), at: start))
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
