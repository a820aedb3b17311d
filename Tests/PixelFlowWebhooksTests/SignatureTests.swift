import Foundation
import PixelFlowCore
import PixelFlowWebhooks
import Testing

@Suite struct SignatureTests {
    /// The example from the reference libraries of Standard Webhooks.
    @Test func signatureMatchesTheReferenceLibraries() {
        let headers = WebhookSignature.headers(
            id: WebhookDeliveryID("msg_p5jXN8AQM9LWM0D4loKWxJek"), timestamp: 1_614_265_330, body: Data(#"{"test": 2432232314}"#.utf8),
            secrets: [WebhookSecret(text: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")])
        #expect(headers.map(\.0) == ["webhook-id", "webhook-timestamp", "webhook-signature"])
        #expect(headers.map(\.1) == ["msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="])
    }

    @Test func secretLengthMatchesTheSpecification() throws {
        let secret = WebhookSecret.make()
        #expect(secret.text.hasPrefix("whsec_"))
        let key = try #require(secret.key)
        #expect((24...64).contains(key.count))
        #expect(WebhookSecret.make() != secret)
        #expect(WebhookSecret(text: "sec_abcd").key == nil)
    }

    @Test func bothSecretsSignForADayAfterRotation() throws {
        let start = Timestamp(microseconds: 1_767_225_600_000_000)
        var endpoint = WebhookEndpoint.organisation(TenantID("tenant"), at: start)
        let first = endpoint.secrets[0].text
        endpoint.rotate(to: .make(), at: start)
        let second = endpoint.secrets[0].text
        #expect(endpoint.validSecrets(at: start + .seconds(86_399)).map(\.text) == [second, first])
        #expect(endpoint.validSecrets(at: start + .seconds(86_400)).map(\.text) == [second])
        endpoint.rotate(to: .make(), at: start + .seconds(10))
        let texts = endpoint.validSecrets(at: start + .seconds(20)).map(\.text)
        #expect(texts.count == 2 && texts[1] == second)
        let signatures = WebhookSignature.headers(
            id: WebhookDeliveryID("msg"), timestamp: 0, body: Data(), secrets: endpoint.secrets)[2].1
        #expect(signatures.split(separator: " ").count == 2)
    }
}
