import PixelFlowCore

extension WebhookStoreConformance {
    private func pass(_ duration: Duration) { clock?.advance(by: duration) }

    func attemptsFollowTheSchedule() async throws {
        _ = try await store.add(endpoint())
        _ = try await addDelivery()
        for (attempt, delay) in WebhookSchedule.delays.enumerated() {
            // The first is due immediately.
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

    func anHourOfErrorsIsGotOver() async throws {
        guard let clock else { return }
        _ = try await store.add(endpoint())
        let delivery = try await addDelivery()
        let back = clock.now() + .seconds(3600)
        try await attemptAll(until: back) { _ in WebhookOutcome(status: 500) }
        let waiting = try requireValue(try await store.delivery(delivery.id, to: queue), "no delivery")
        try requireEqual(waiting.log.map(\.status), [500, 500, 500, 500], "responses of the hour")
        try await attemptAll { _ in WebhookOutcome(status: 200) }
        let delivered = try requireValue(try await store.delivery(delivery.id, to: queue), "no delivery")
        try requireEqual(delivered.state, .delivered, "the state")
        try requireEqual(delivered.attempts, 5, "attempts")
    }

    func aDayAwayIsGotOver() async throws {
        guard let clock else { return }
        _ = try await store.add(endpoint())
        let start = clock.now()
        for hour in 0..<24 {
            let now = start + .seconds(hour * 3600)
            try await attemptAll(until: now) { _ in WebhookOutcome(error: "unreachable") }
            pass(max(.zero, now - clock.now()))
            _ = try await addDelivery()
        }
        try await attemptAll(until: start + .seconds(86_400)) { _ in WebhookOutcome(error: "unreachable") }
        let waiting = try await store.deliveries(WebhookDeliveryQuery(queue, limit: 100))
        try requireEqual(waiting.filter { $0.state == .pending }.count, 24, "deliveries that wait")
        // Attempts may be late: overdue deliveries are then made in the order of their due times.
        pass(.seconds(86_400))
        var told: [WebhookDeliveryID] = []
        try await attemptAll { delivery in
            told.append(delivery.id)
            return WebhookOutcome(status: 200)
        }
        try requireEqual(told, waiting.sorted { $0.nextAttemptAt < $1.nextAttemptAt }.map(\.id), "the order")
    }

    /// Makes all attempts that are due before `end`, each at its time or, if that has passed, now.
    private func attemptAll(until end: Timestamp = .distantFuture, _ attempt: (WebhookDelivery) -> WebhookOutcome) async throws {
        func pending() async throws -> WebhookDelivery? {
            try await store.deliveries(WebhookDeliveryQuery(queue, limit: 100)).filter { $0.state == .pending }
                .min { $0.nextAttemptAt < $1.nextAttemptAt }
        }
        while let next = try await pending(), next.nextAttemptAt < end {
            pass(max(.zero, next.nextAttemptAt - (clock?.now() ?? next.nextAttemptAt)))
            for claimed in try await store.claimDeliveries(of: queue, limit: WebhookQueue.width) {
                _ = try requireValue(try await store.settle(claimed, attempt(claimed)), "the attempt is not settled")
            }
        }
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
