import PixelFlowClient
import Testing

@Suite struct WebhookTests {
    /// A delivery that fails again at once counts as failed, so a call after the last one would replay it again, without an end.
    @Test(arguments: [([3], 3), ([1000, 4], 1004), ([1000, 0], 1000)])
    func replaysEachFailedDeliveryOnce(counts: [Int], total: Int) async throws {
        try await ScriptedServer.run { _, number in
            .response(202, #"{"replayed":\#(number <= counts.count ? counts[number - 1] : 3)}"#)
        } _: { client, server in
            let replayed = try await client.replayFailed(toWebhook: "w", since: "2026-05-01T00:00:00Z")
            #expect(replayed == total)
            #expect(server.requests.map(\.path) == counts.map { _ in "/api/webhooks/w/replay" })
        }
    }
}
