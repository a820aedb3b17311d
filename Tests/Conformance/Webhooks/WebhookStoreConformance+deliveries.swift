import PixelFlowCore

extension WebhookStoreConformance {
    func fanOutIsIdempotent() async throws {
        var off = endpoint("off")
        off.setEnabled(false)
        for endpoint in [endpoint(), endpoint("second"), endpoint("elsewhere", events: [.taskFailed]), off] {
            _ = try await store.add(endpoint)
        }
        let task = try await endedTask()
        try require(try await store.mayNotify(of: task), "nothing to tell")
        for _ in 0..<3 { try await store.fanOut([task, task]) }
        for (name, count) in [("shop", 1), ("second", 1), ("elsewhere", 0), ("off", 0)] {
            let queue = WebhookQueue(tenant: Self.tenant, endpoint: WebhookID(name))
            let found = try await store.deliveries(WebhookDeliveryQuery(queue))
            try requireEqual(found.count, count, "deliveries to \(name)")
            for delivery in found {
                try requireEqual(delivery.event, .taskCancelled, "the event")
                try requireEqual(delivery.eventAt, task.completedAt, "its time")
                var told = task
                told.outbox = []
                try requireEqual(delivery.payload, .task(told), "the task")
            }
        }
        let due = try await soon("queues") { () -> Set<WebhookQueue>? in
            let found = Set(try await store.dueWebhookQueues(limit: 10))
            return found.count == 2 ? found : nil
        }
        try requireEqual(Set(due.map(\.endpoint.rawValue)), ["shop", "second"], "due queues")
        try requireEqual(try await store.dueWebhookQueues(limit: 1).count, 1, "queues within a limit")
    }

    func taskURLsAreTold() async throws {
        let task = try await endedTask(webhookURL: "https://example.com/once")
        try requireEqual(try requireValue(try await store.find(task.id, of: Self.tenant), "gone").webhookURL, task.webhookURL, "stored")
        try require(try await store.mayNotify(of: task), "nothing to tell")
        try await store.fanOut([task])
        let queue = WebhookQueue(tenant: Self.tenant, endpoint: .organisation)
        let found = try await store.deliveries(WebhookDeliveryQuery(queue))
        try requireEqual(found.map(\.url), ["https://example.com/once"], "URLs")
        let plain = try await endedTask(of: Self.stranger)
        try requireEqual(try await store.mayNotify(of: plain), false, "something to tell of a task that no one asks for")
    }

    func generationsAreToldApart() async throws {
        _ = try await store.add(endpoint(events: [.taskFailed, .taskCancelled]))
        var task = try await endedTask()
        try await store.fanOut([task])
        task.generation = 2
        task.outbox = [OutboxEvent(id: "\(task.id)/2/1/FAILED", status: .failed, at: task.updatedAt)]
        try await store.fanOut([task])
        let found = try await store.deliveries(WebhookDeliveryQuery(queue))
        try requireEqual(Set(found.map(\.event)), [.taskFailed, .taskCancelled], "events")
    }

    func failuresAreToldAfterAReplay() async throws {
        _ = try await store.add(endpoint(events: [.taskFailed]))
        let task = try await newTask()
        let (store, worker) = (store, WorkerID("worker-1"))
        let claimed = try await soon("a claim of the task") { try await store.claim(task.id, by: worker) }
        let failure = TaskFailure(error: TaskError(code: "not_an_image", message: "It is no image."), retry: .permanent)
        let failed = try requireValue(try await store.fail(claimed.claim, with: failure), "not failed")
        let replayed = try requireValue(try await store.replay(task.id, of: Self.tenant), "not replayed")
        try await store.fanOut([replayed])
        let found = try await store.deliveries(WebhookDeliveryQuery(queue))
        try requireEqual(found.map(\.event), [.taskFailed], "events")
        guard case .task(let told)? = found.first?.payload else {
            throw ConformanceFailure("not a task", file: #fileID, line: #line)
        }
        try requireEqual(told.status, .failed, "the status")
        try requireEqual(told.error, failed.error, "the error")
        try requireEqual([told.generation, told.attempts], [failed.generation, failed.attempts], "generation and attempts")
        try requireEqual(told.completedAt, failed.completedAt, "the end")
    }

    func oneSenderClaims() async throws {
        _ = try await store.add(endpoint())
        let delivery = try await addDelivery()
        let (store, queue) = (store, queue)
        _ = try await soon("due") { try await store.dueWebhookQueues(limit: 1).first }
        let claims = try await withThrowingTaskGroup(of: [WebhookDelivery].self) { group in
            for _ in 0..<8 { group.addTask { try await store.claimDeliveries(of: queue, limit: 10) } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        try requireEqual(claims.map(\.id), [delivery.id], "claims")
        try requireEqual(claims.map(\.epoch), [1], "epochs")
        try requireEqual(try await store.claimDeliveries(of: queue, limit: 10), [], "claims afterwards")
    }

    func queuesHaveAWidth() async throws {
        _ = try await store.add(endpoint())
        for _ in 0..<14 { try await store.fanOut([try await endedTask()]) }
        let (store, queue) = (store, queue)
        _ = try await soon("due") { try await store.dueWebhookQueues(limit: 1).first }
        func claimAll() async throws -> [WebhookDelivery] {
            try await withThrowingTaskGroup(of: [WebhookDelivery].self) { group in
                for _ in 0..<4 { group.addTask { try await store.claimDeliveries(of: queue, limit: 14) } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
        }
        var held: [WebhookDelivery] = []
        // If senders choose the same slots simultaneously, some deliveries may be left for the next round.
        _ = try await eventually("a full queue") { () -> Bool? in
            held += try await claimAll()
            return held.count >= WebhookQueue.width ? true : nil
        }
        held += try await claimAll()
        try requireEqual(Set(held.map(\.id)).count, WebhookQueue.width, "different claims")
        try requireEqual(held.count, WebhookQueue.width, "claims")
        for delivery in held.prefix(3) { _ = try await store.settle(delivery, WebhookOutcome(status: 200)) }
        var more: [WebhookDelivery] = []
        _ = try await eventually("the slots that were given up") { () -> Bool? in
            more += try await claimAll()
            return more.count >= 3 ? true : nil
        }
        more += try await claimAll()
        try requireEqual(Set(more.map(\.id)).subtracting(held.map(\.id)).count, 3, "claims of the slots that were given up")
    }

    func settledIsDelivered() async throws {
        _ = try await store.add(endpoint())
        _ = try await addDelivery()
        let claimed = try await claimOne()
        let outcome = WebhookOutcome(status: 204, response: "thanks ✓", duration: .milliseconds(12))
        let settled = try requireValue(try await store.settle(claimed, outcome), "not settled")
        try requireEqual(settled.state, .delivered, "the state")
        try requireEqual(settled.log.map(\.status), [204], "the log")
        try requireEqual(settled.log.map(\.response), ["thanks ✓"], "responses")
        try requireEqual(settled.log.map(\.milliseconds), [12], "durations")
        try requireEqual(try await store.delivery(settled.id, to: queue), settled, "as it is stored")
        try requireEqual(try await store.dueWebhookQueues(limit: 10), [], "due queues")
    }

    func goneEnds() async throws {
        _ = try await store.add(endpoint())
        _ = try await addDelivery()
        let settled = try requireValue(try await store.settle(try await claimOne(), WebhookOutcome(status: 410)), "not settled")
        try requireEqual(settled.state, .failed, "the state")
        try requireEqual(settled.log.map(\.nextAttemptAt), [nil], "next attempts")
    }

    func oldClaimsAreFenced() async throws {
        _ = try await store.add(endpoint())
        _ = try await addDelivery()
        let first = try await claimOne()
        try await store.release(first)
        let second = try await claimOne()
        try requireEqual(second.epoch, first.epoch + 1, "the epoch")
        try requireEqual(try await store.settle(first, WebhookOutcome(status: 200)), nil, "the first claim's end")
        try await store.release(first)
        try requireEqual(try await store.claimDeliveries(of: queue, limit: 1), [], "claims beside the second")
        _ = try requireValue(try await store.settle(second, WebhookOutcome(status: 500)), "the second claim is lost")
        try requireEqual(try await store.settle(second, WebhookOutcome(status: 200)), nil, "the second claim's other end")
    }

    func pagesAreTheSame() async throws {
        _ = try await store.add(endpoint())
        for _ in 0..<7 { try await store.fanOut([try await endedTask()]) }
        _ = try requireValue(try await store.settle(try await claimOne(), WebhookOutcome(status: 200)), "not settled")
        let all = try await store.deliveries(WebhookDeliveryQuery(queue))
        try requireEqual(all.count, 7, "deliveries")
        try requireEqual(all.map(\.createdAt), all.map(\.createdAt).sorted(by: >), "their order")
        for size in [1, 2, 3, 7] {
            var found: [WebhookDelivery] = []
            var position: WebhookDeliveryQuery.Position?
            while true {
                let page = try await store.deliveries(WebhookDeliveryQuery(queue, limit: size, before: position))
                guard let last = page.last else { break }
                found += page
                position = try requireValue(WebhookDeliveryQuery.Position(WebhookDeliveryQuery.Position(last).description), "a position")
                try require(found.count <= 7, "a page came twice")
            }
            try requireEqual(found.map(\.id), all.map(\.id), "deliveries by pages of \(size)")
        }
        let pending = try await store.deliveries(WebhookDeliveryQuery(queue, state: .pending))
        try requireEqual(pending.count, 6, "pending ones")
    }

    func replaysKeepTheID() async throws {
        _ = try await store.add(endpoint())
        let delivery = try await addDelivery()
        let (store, queue) = (store, queue)
        let claimed = try await claimOne()
        try await requireRefusal(.conflict, "a replay during an attempt") { _ = try await store.replay(delivery.id, to: queue) }
        _ = try await store.settle(claimed, WebhookOutcome(status: 200))
        let replayed = try requireValue(try await store.replay(delivery.id, to: queue), "not replayed")
        try requireEqual(replayed.state, .pending, "the state")
        let again = try await claimOne()
        try requireEqual(again.id, delivery.id, "the id")
        let settled = try requireValue(try await store.settle(again, WebhookOutcome(status: 200)), "not settled")
        try requireEqual(settled.log.count, 2, "attempts in the log")
        try requireEqual(try await store.replay(WebhookDeliveryID("none"), to: queue), nil, "a replay of nothing")
    }

    func manyFailuresAreReplayed() async throws {
        let count = 60
        let store = store
        for number in 0..<count {
            var delivery = WebhookDelivery(
                id: WebhookDeliveryID("msg_\(number)"), tenant: Self.tenant, endpoint: queue.endpoint, event: .test,
                eventAt: Timestamp(microseconds: 1), payload: .test, createdAt: Timestamp(microseconds: Int64(number)))
            try require(delivery.claim(at: .distantFuture), "not claimed")
            try require(
                delivery.settle(WebhookOutcome(status: 410), epoch: 1, at: Timestamp(microseconds: 1), jitter: 0), "not settled")
            try await store.add(delivery)
        }
        let beginning = Timestamp(microseconds: 0)
        try requireEqual(try await store.replayFailed(to: queue, since: beginning, limit: 55), 55, "replayed within a limit")
        let left = try await store.deliveries(WebhookDeliveryQuery(queue, state: .failed))
        try requireEqual(left.map(\.id.rawValue), (55..<count).reversed().map { "msg_\($0)" }, "the youngest")
        try requireEqual(try await store.replayFailed(to: queue, since: beginning, limit: 1000), 5, "replayed")
    }

    func theOldestAreGivenUp() async throws {
        _ = try await store.add(endpoint())
        let (store, queue) = (store, queue)
        var ids: [WebhookDeliveryID] = []
        for number in 0..<7 {
            // Several have the same time, as those of events that are published together.
            let delivery = WebhookDelivery(
                id: WebhookDeliveryID("msg_\(number)"), tenant: Self.tenant, endpoint: queue.endpoint, event: .test,
                eventAt: Timestamp(microseconds: 1), payload: .test, createdAt: Timestamp(microseconds: Int64(number / 3)))
            try await store.add(delivery)
            ids.append(delivery.id)
        }
        let other = WebhookDelivery(
            id: WebhookDeliveryID("msg_other"), tenant: Self.stranger, endpoint: queue.endpoint, event: .test,
            eventAt: Timestamp(microseconds: 1), payload: .test, createdAt: Timestamp(microseconds: 0))
        try await store.add(other)
        let claimed = try await claimOne()
        try requireEqual(claimed.id, ids[0], "the claimed one")
        try requireEqual(try await store.giveUpDeliveries(of: queue, keeping: 7), 0, "of a short queue")
        try requireEqual(try await store.giveUpDeliveries(of: queue, keeping: 3), 3, "given up, but not the claimed one")
        try requireEqual(try await store.giveUpDeliveries(of: queue, keeping: 3), 0, "again")
        let failed = try await store.deliveries(WebhookDeliveryQuery(queue, state: .failed))
        try requireEqual(Set(failed.map(\.id)), Set(ids[1...3]), "those that were given up")
        try requireEqual(failed.map { $0.log.map(\.error) }, [[String?]](repeating: ["too_many_pending"], count: 3), "their logs")
        let pending = try await store.deliveries(WebhookDeliveryQuery(queue, state: .pending))
        try requireEqual(Set(pending.map(\.id)), Set(ids[4...] + [ids[0]]), "those that are left")
        try requireEqual(try await store.settle(claimed, WebhookOutcome(status: 200))?.state, .delivered, "the claimed one")
        let replayed = try requireValue(try await store.replay(ids[1], to: queue), "not replayed")
        try requireEqual(replayed.state, .pending, "a replayed one")
        let stranger = WebhookQueue(tenant: Self.stranger, endpoint: queue.endpoint)
        try requireEqual(try await store.delivery(other.id, to: stranger), other, "of another organisation")
    }

    func failuresAreReplayed() async throws {
        _ = try await store.add(endpoint())
        for _ in 0..<3 { _ = try await addDelivery() }
        var failed: [WebhookDelivery] = []
        for _ in 0..<3 {
            let outcome = WebhookOutcome(status: failed.isEmpty ? 200 : 410)
            failed.append(try requireValue(try await store.settle(try await claimOne(), outcome), "not settled"))
        }
        let beginning = Timestamp(microseconds: 0)
        try requireEqual(try await store.replayFailed(to: queue, since: .distantFuture, limit: 10), 0, "replayed of the future")
        try requireEqual(try await store.replayFailed(to: queue, since: beginning, limit: 1), 1, "replayed within a limit")
        try requireEqual(try await store.replayFailed(to: queue, since: beginning, limit: 10), 1, "replayed")
        try requireEqual(try await store.deliveries(WebhookDeliveryQuery(queue, state: .failed)), [], "failed ones")
        try requireEqual(try await store.deliveries(WebhookDeliveryQuery(queue, state: .pending)).count, 2, "pending ones")
    }
}
