import NIOHTTP1
import WireFormats

extension PixelFlowClient {
    /// The webhooks of the token's organisation, oldest first.
    public func webhooks() async throws -> [Webhook] {
        try Fields(await document(Call(.GET, endpoints.api + "/api/webhooks"))).list("webhooks", Webhook.init)
    }

    /// - Parameter id: `default` for the `webhook_url` of tasks.
    public func webhook(_ id: String) async throws -> Webhook { try Webhook(Fields(await document(Call(.GET, url(id))))) }

    /// Adds a webhook. Its `secret` is returned only this once.
    ///
    /// - Parameter events: for example `task.completed`.
    public func createWebhook(url: String, events: [String], description: String = "") async throws -> Webhook {
        let body: JSONValue = ["url": .string(url), "events": .array(events.map { .string($0) }), "description": .string(description)]
        return try Webhook(Fields(await document(Call(.POST, endpoints.api + "/api/webhooks", headers: .json, body: .json(body)))))
    }

    /// Enables or disables a webhook.
    public func setEnabled(_ isEnabled: Bool, webhook id: String) async throws -> Webhook {
        let call = Call(.PATCH, url(id), headers: .json, body: .json(["enabled": .bool(isEnabled)]), isRepeatable: true)
        return try Webhook(Fields(await document(call)))
    }

    /// Deletes a webhook and the log of its deliveries.
    public func deleteWebhook(_ id: String) async throws { try await delete(at: url(id)) }

    /// Replaces the secret. The new one is returned only this once; the old one also signs for another 24 h.
    public func rotateSecret(ofWebhook id: String) async throws -> Webhook {
        try Webhook(Fields(await document(Call(.POST, url(id) + "/rotate"))))
    }

    /// Sends a test message.
    ///
    /// - Returns: the pending delivery.
    public func testWebhook(_ id: String) async throws -> WebhookDelivery {
        try WebhookDelivery(Fields(await document(Call(.POST, url(id) + "/test"))))
    }

    /// The deliveries to a webhook, newest first.
    ///
    /// - Parameters:
    ///   - state: `pending`, `delivered` or `failed`; nil for all.
    ///   - limit: the maximum number; nil for the whole log.
    public func deliveries(toWebhook id: String, state: String? = nil, upTo limit: Int? = nil) async throws -> [WebhookDelivery] {
        try await pages(of: url(id) + "/deliveries", "deliveries", filter: [("state", state)], size: 200, upTo: limit, WebhookDelivery.init)
    }

    /// Repeats a delivery, whether it has succeeded or failed.
    ///
    /// - Throws: `Problem` `delivery_under_way` or `webhook_disabled`.
    public func replay(delivery: String, toWebhook id: String) async throws {
        _ = try await replay(id, ["delivery": .string(delivery)])
    }

    /// Repeats all deliveries that have failed since a time.
    ///
    /// - Parameter since: RFC 3339.
    /// - Returns: the number of deliveries.
    /// - Throws: `Problem` `webhook_disabled`.
    public func replayFailed(toWebhook id: String, since: String) async throws -> Int {
        // A call replays a limited number. Fewer are the last ones: what another call found would have failed again since.
        var replayed = 0
        while true {
            let count = try await replay(id, ["since": .string(since)])
            replayed += count
            guard count >= Self.replayLimit else { return replayed }
            try Task.checkCancellation()
        }
    }

    /// The number of deliveries that one call replays.
    private static let replayLimit = 1000

    private func replay(_ id: String, _ body: JSONValue) async throws -> Int {
        let call = Call(.POST, url(id) + "/replay", headers: .json, body: .json(body))
        return try await document(call)["replayed"]?.intValue ?? 0
    }

    private func url(_ id: String) -> String { endpoints.api + "/api" + Path.joined("webhooks", id) }
}
