import PixelFlowCore

extension WebhookStoreConformance {
    func endpointsAreChangedInOrder() async throws {
        let first = endpoint()
        try requireEqual(try await store.add(first), true, "added")
        try requireEqual(try await store.add(first), false, "added again")
        try requireEqual(try await store.webhook(first.id, of: Self.tenant), first, "as it was added")
        var second = first
        second.url = "https://example.com/other"
        second.rotate(to: WebhookSecret.make(), at: Timestamp(microseconds: 1_767_225_700_000_000))
        second.revision += 1
        try requireEqual(try await store.replace(second), true, "replaced")
        try requireEqual(try await store.replace(second), false, "replaced by the same revision")
        try requireEqual(try await store.webhooks(of: Self.tenant).endpoints, [second], "afterwards")
        try requireEqual(try await store.removeWebhook(first.id, of: Self.tenant), true, "removed")
        try requireEqual(try await store.removeWebhook(first.id, of: Self.tenant), false, "removed again")
        try requireEqual(try await store.webhook(first.id, of: Self.tenant), nil, "once it is gone")
    }

    func endpointsAreLimited() async throws {
        _ = try await store.add(WebhookEndpoint.organisation(Self.tenant, at: Timestamp(microseconds: 1_767_225_600_000_000)))
        let limit = WebhookEndpoint.limit
        for number in 0..<(limit - 3) { _ = try await store.add(endpoint("first-\(number)")) }
        let codes = try await withThrowingTaskGroup(of: String?.self) { group in
            for number in 0..<10 { group.addTask { try await refusal(of: endpoint("late-\(number)")) } }
            return try await group.reduce(into: [String?]()) { $0.append($1) }
        }
        try requireEqual(codes.filter { $0 == nil }.count, 3, "added at the same time")
        try requireEqual(Set(codes.compactMap { $0 }), ["too_many_webhooks"], "the others")
        try requireEqual(try await store.webhooks(of: Self.tenant).endpoints.count, limit + 1, "all, with the one of the organisation")
        try requireEqual(try await store.add(endpoint("first-0")), false, "one that exists, at the limit")
        try requireEqual(try await refusal(of: endpoint(of: Self.stranger)), nil, "a stranger's")
        _ = try await store.removeWebhook(WebhookID("first-1"), of: Self.tenant)
        try requireEqual(try await refusal(of: endpoint("next")), nil, "one instead of another")
        try requireEqual(try await refusal(of: endpoint("last")), "too_many_webhooks", "one more")
    }

    /// The code of the error with which the store refuses an endpoint; nil if it is added.
    private func refusal(of endpoint: WebhookEndpoint) async throws -> String? {
        do {
            try requireEqual(try await store.add(endpoint), true, "added")
            return nil
        } catch let error as PixelFlowError {
            return error.code
        }
    }

    func organisationsDoNotMeet() async throws {
        _ = try await store.add(endpoint())
        try requireEqual(try await store.webhooks(of: Self.stranger).endpoints, [], "a stranger's list")
        try requireEqual(try await store.webhook(queue.endpoint, of: Self.stranger), nil, "a stranger's view")
        try requireEqual(try await store.removeWebhook(queue.endpoint, of: Self.stranger), false, "a stranger's removal")
        let delivery = try await addDelivery()
        let theirs = WebhookQueue(tenant: Self.stranger, endpoint: queue.endpoint)
        try requireEqual(try await store.delivery(delivery.id, to: theirs), nil, "a stranger's delivery")
        try requireEqual(try await store.deliveries(WebhookDeliveryQuery(theirs)), [], "a stranger's log")
        try requireEqual(try await store.replay(delivery.id, to: theirs), nil, "a stranger's replay")
        try await store.fanOut([try await endedTask(of: Self.stranger)])
        try requireEqual(try await store.deliveries(WebhookDeliveryQuery(queue)).map(\.id), [delivery.id], "mine")
    }

    func removalTakesDeliveries() async throws {
        _ = try await store.add(endpoint())
        _ = try await addDelivery()
        _ = try await store.removeWebhook(queue.endpoint, of: Self.tenant)
        try requireEqual(try await store.deliveries(WebhookDeliveryQuery(queue)), [], "the log")
        try requireEqual(try await store.dueWebhookQueues(limit: 10), [], "due queues")
    }

    func leftDeliveriesAreRemoved() async throws {
        _ = try await store.add(endpoint())
        for _ in 0..<3 { _ = try await addDelivery() }
        _ = try await store.add(endpoint(of: Self.stranger))
        try await store.fanOut([try await endedTask(of: Self.stranger)])
        try requireEqual(try await store.removeDeliveries(of: Self.tenant, limit: 2), 2, "removed within a limit")
        try requireEqual(try await store.removeDeliveries(of: Self.tenant, limit: 2), 1, "removed")
        try requireEqual(try await store.removeDeliveries(of: Self.tenant, limit: 2), 0, "removed of nothing")
        let theirs = WebhookQueue(tenant: Self.stranger, endpoint: queue.endpoint)
        try requireEqual(try await store.deliveries(WebhookDeliveryQuery(theirs)).count, 1, "a stranger's")
        // Simulates an interrupted removal: the endpoint is gone, but its deliveries exist.
        _ = try await addDelivery()
        _ = try await store.removeWebhook(queue.endpoint, of: Self.tenant)
        let delivery = WebhookDelivery(
            id: WebhookDeliveryID("msg_left"), tenant: Self.tenant, endpoint: queue.endpoint, event: .test,
            eventAt: Timestamp(microseconds: 1), payload: .test, createdAt: Timestamp(microseconds: 1))
        try await store.add(delivery)
        try requireEqual(try await store.removeWebhook(queue.endpoint, of: Self.tenant), false, "removed again")
        try requireEqual(try await store.deliveries(WebhookDeliveryQuery(queue)), [], "the log in the end")
    }
}
