import PixelFlowCore

extension TaskDispatchStoreConformance {
    static let outbox: [Case] = [
        Case("outbox: each final status adds one event with its own id") { try await $0.finalStatusLeavesOneEvent() },
        Case("outbox: an event is returned unchanged until it is acknowledged") { try await $0.eventComesUntilAcknowledged() },
        Case("outbox: only events older than the given age, oldest first, up to the limit") { try await $0.eventsByAge() },
        Case("outbox: acknowledging one event does not affect others") { try await $0.acknowledgementIsExact() },
        Case("outbox: the event of a failure still tells it after a replay") { try await $0.replaysDoNotChangeEvents() },
        Case("outbox: events of a deleted task can be acknowledged") { try await $0.deletedTasksEventsAreAcknowledged() },
    ]

    func finalStatusLeavesOneEvent() async throws {
        var ids: Set<String> = []
        for status in TaskStatus.allCases {
            let task = try await add(status)
            try requireEqual(task.outbox.map(\.status), status.isFinal ? [status] : [], "events of \(status)")
            ids.formUnion(task.outbox.map(\.id))
        }
        try requireEqual(ids.count, 3, "different ids")
    }

    func eventComesUntilAcknowledged() async throws {
        let task = try await add(.completed)
        _ = try await add(.pending)
        for _ in 0..<3 {
            let found = try await unpublished()
            try requireEqual(found.map(\.id), [task.id], "tasks with events")
            try requireEqual(found.map(\.outbox), [task.outbox], "events")
        }
        try await dispatcher.acknowledge(events: [task.id: Set(task.outbox.map(\.id))])
        try requireEqual(try await dispatcher.unpublished(olderThan: .zero, limit: 10), [], "tasks with events")
        let settled = try await stored(task)
        try requireEqual(settled.outbox, [], "events left")
        try requireEqual(settled.revision, task.revision, "revision: nothing that people see has changed")
        try await dispatcher.acknowledge(events: [task.id: Set(task.outbox.map(\.id))])
        try await requireUnchanged(settled, "a second acknowledgement")
    }

    func eventsByAge() async throws {
        let first = try await add(.completed)
        clock?.advance(by: .seconds(10))
        let second = try await add(.cancelled)
        let young = try await dispatcher.unpublished(olderThan: .seconds(60), limit: 10)
        try requireEqual(young, [], "events older than a minute")
        if clock != nil {
            try requireEqual(try await dispatcher.unpublished(olderThan: .seconds(5), limit: 10).map(\.id), [first.id], "older than 5 s")
        }
        try requireEqual(try await unpublished(count: 2).map(\.id), [first.id, second.id], "all events")
        try requireEqual(try await dispatcher.unpublished(olderThan: .zero, limit: 1).map(\.id), [first.id], "with a limit")
    }

    func acknowledgementIsExact() async throws {
        let failed = try await add(.failed)
        let replayed = try requireValue(try await owner.replay(failed.id, of: Self.tenant), "not replayed")
        let claimed = try await claim(replayed)
        let done = try requireValue(try await worker.complete(claimed.claim, with: manifest(of: claimed)), "not completed")
        try requireEqual(done.outbox.map(\.status), [.failed, .completed], "events")
        try await dispatcher.acknowledge(events: [done.id: [done.outbox[0].id, "unknown"]])
        try requireEqual(try await stored(done).outbox.map(\.id), [done.outbox[1].id], "events left")
        try requireEqual(try await unpublished().map(\.id), [done.id], "tasks with events")
        try await dispatcher.acknowledge(events: [TaskID.make(at: now): ["unknown"]])
    }

    func replaysDoNotChangeEvents() async throws {
        let claimed = try await addClaimed()
        var failure = failure(.permanent)
        failure.outputs = manifest(of: claimed).outputs
        failure.sourceMetadata = manifest(of: claimed).sourceMetadata
        let failed = try requireValue(try await worker.fail(claimed.claim, with: failure), "not failed")
        let replayed = try requireValue(try await owner.replay(failed.id, of: Self.tenant), "not replayed")
        let again = try await claim(replayed)
        let done = try requireValue(try await worker.complete(again.claim, with: manifest(of: again)), "not completed")
        let waiting = try requireValue(try await unpublished().first, "no events")
        try requireEqual(waiting.outbox, done.outbox, "events")
        let told = waiting.reportedStates
        try requireEqual(told.map(\.status), [.failed, .completed], "statuses")
        try requireEqual(told.map(\.generation), [1, 2], "generations")
        try requireEqual(told.map(\.error), [failed.error, nil], "errors")
        try requireEqual(told.map(\.outputs), [failed.outputs, done.outputs], "outputs")
        try requireEqual(told.map(\.sourceMetadata), [failed.sourceMetadata, done.sourceMetadata], "source metadata")
        try requireEqual(told.map(\.epoch), [failed.epoch, done.epoch], "epochs")
        try requireEqual(told.map(\.startedAt), [failed.startedAt, done.startedAt], "start times")
        try requireEqual(told.map(\.history), [failed.history, done.history], "histories")
        try requireEqual(told.map(\.revision), [failed.revision, done.revision], "revisions")
    }

    func deletedTasksEventsAreAcknowledged() async throws {
        let task = try await add(.completed)
        _ = try await owner.delete(task.id, of: Self.tenant)
        try await dispatcher.acknowledge(events: [task.id: Set(task.outbox.map(\.id))])
        pass(.seconds(1))
        try requireEqual(try await dispatcher.unpublished(olderThan: .zero, limit: 10), [], "tasks with events")
        try requireEqual(try await dispatcher.deleted(limit: 10).map(\.id), [task.id], "still deleted")
    }

    private func unpublished(count: Int = 1) async throws -> [TaskRecord] {
        pass(.milliseconds(10))
        return try await soon("unpublished events") {
            let found = try await dispatcher.unpublished(olderThan: .zero, limit: 10)
            return found.count >= count ? found : nil
        }
    }
}
