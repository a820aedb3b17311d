import PixelFlowCore

extension WebhookStoreConformance {
    private func pass(_ duration: Duration) { clock?.advance(by: duration) }

    func attemptsFollowTheSchedule() async throws {
        _ = try await store.add(endpoint())
        _ = try await addDelivery()
        for (attempt, delay) in WebhookSchedule.delays.enumerated() {
            // The first is due at once.
            if attempt > 0 {
                pass(delay - .seconds(1))
                try requireEqual(try await store.claimDeliveries(of: queue, limit: 1), [], "claims before attempt \(attempt + 1)")
                pass(.seconds(1) + delay * WebhookSchedule.spread)
            }
            let settled = try requireValue(
                try await store.settle(try await claimOne(), WebhookOutcome(error: "timeout")), "attempt \(attempt + 1) is not settled")
            try requireEqual(settled.attempts, attempt + 1, "attempts")
            try requireEqual(settled.state, attempt + 1 == WebhookSchedule.delays.count ? .failed : .pending, "the state")
        }
        pass(.seconds(200_000))
        try requireEqual(try await store.claimDeliveries(of: queue, limit: 1), [], "claims after the last attempt")
    }

    func retryAfterIsHonoured() async throws {
        _ = try await store.add(endpoint())
        _ = try await addDelivery()
        _ = try await store.settle(try await claimOne(), WebhookOutcome(status: 503, retryAfter: .seconds(120)))
        pass(.seconds(119))
        try requireEqual(try await store.claimDeliveries(of: queue, limit: 1), [], "claims before the time")
        pass(.seconds(1))
        _ = try await claimOne()
    }

    func vanishedSendersAreReplaced() async throws {
        _ = try await store.add(endpoint())
        for _ in 0..<WebhookQueue.width + 2 { try await store.fanOut([try await endedTask()]) }
        let vanished = try await store.claimDeliveries(of: queue, limit: WebhookQueue.width)
        try requireEqual(vanished.count, WebhookQueue.width, "claims")
        pass(WebhookDelivery.lease - .seconds(1))
        try requireEqual(try await store.claimDeliveries(of: queue, limit: 20), [], "claims while the leases hold")
        pass(.seconds(1))
        let taken = try await store.claimDeliveries(of: queue, limit: WebhookQueue.width)
        try requireEqual(taken.count, WebhookQueue.width, "claims taken over")
        try requireEqual(try await store.claimDeliveries(of: queue, limit: 20), [], "claims beyond the width")
        for old in vanished where taken.contains(where: { $0.id == old.id }) {
            try requireEqual(try await store.settle(old, WebhookOutcome(status: 200)), nil, "a lost claim's end")
        }
    }

    func oldDeliveriesAreForgotten() async throws {
        _ = try await store.add(endpoint())
        let old = try await addDelivery()
        pass(WebhookDelivery.retention)
        let young = try await addDelivery()
        try requireEqual(try await store.forgetDeliveries(limit: 10), 0, "forgotten at 30 days")
        pass(.seconds(1))
        try requireEqual(try await store.forgetDeliveries(limit: 10), 1, "forgotten")
        try requireEqual(try await store.delivery(old.id, to: queue), nil, "the old one")
        try requireEqual(try await store.delivery(young.id, to: queue)?.id, young.id, "the young one")
    }
}
