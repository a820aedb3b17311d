import PixelFlowCore

/// Changes endpoints, always based on their currently stored state.
struct WebhookEndpoints: Sendable {
    let store: any WebhookOwnerStore
    let clock: any WallClock

    /// The endpoint.
    ///
    /// - Throws: `not_found`.
    func find(_ id: WebhookID, of tenant: TenantID) async throws -> WebhookEndpoint {
        if let endpoint = try await store.webhook(id, of: tenant) { return endpoint }
        guard id == .organisation else { throw PixelFlowError.notFound("webhook") }
        return try await organisation(tenant)
    }

    /// The endpoint that signs deliveries to the `webhook_url` of tasks. Created on first use.
    func organisation(_ tenant: TenantID) async throws -> WebhookEndpoint {
        if let known = try await store.webhook(.organisation, of: tenant) { return known }
        let new = WebhookEndpoint.organisation(tenant, at: clock.now())
        if try await store.add(new) { return new }
        guard let other = try await store.webhook(.organisation, of: tenant) else { throw PixelFlowError.notFound("webhook") }
        return other
    }

    /// - Throws: `too_many_webhooks`.
    func add(_ endpoint: WebhookEndpoint) async throws {
        _ = try await store.add(endpoint)
        try await waitForPropagation()
    }

    /// - Throws: `not_found`, or the errors of `body`.
    func change(
        _ id: WebhookID, of tenant: TenantID, _ body: (inout WebhookEndpoint, Timestamp) throws -> Void
    ) async throws -> WebhookEndpoint {
        while true {
            var endpoint = try await find(id, of: tenant)
            let now = clock.now()
            try body(&endpoint, now)
            endpoint.revision += 1
            endpoint.updatedAt = now
            if try await store.replace(endpoint) {
                try await waitForPropagation()
                return endpoint
            }
            try Task.checkCancellation()
        }
    }

    /// Waits until all processes use the change, so that it applies to every event after the response.
    private func waitForPropagation() async throws {
        if store.webhookPropagationTime > .zero { try await Task.sleep(for: store.webhookPropagationTime) }
    }
}
