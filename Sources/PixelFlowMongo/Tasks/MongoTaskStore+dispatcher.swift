package import PixelFlowCore

extension MongoTaskStore: TaskDispatchStore {
    private typealias Name = TaskDocument.Name

    package func takeDue(limit: Int) async throws -> [TaskRecord] {
        try await tasks.transitionAll("dispatch", .due, limit: limit, .dispatch) { tasks.agenda(.dispatch, at: ["$lte": .time($0)]) }
    }

    package func acknowledge(_ messages: [DispatchMessage]) async throws {
        try await tasks.acknowledge(messages)
    }

    package func redeliverLost(publishedBefore time: Timestamp, limit: Int) async throws -> Int {
        func redeliver(_ name: String, by order: String, limit: Int, _ filter: BSONDocument) async throws -> Int {
            try await tasks.transitionAll(name, .due, by: order, limit: limit, .redeliverLost(before: time)) { now in
                var filter = filter
                filter[Name.acknowledgedAt] = ["$lte": .time(time)]
                filter[Name.nextStepAt] = ["$gt": .time(now)]
                return filter
            }.count
        }
        // A dispatch message is acknowledged only after the task may run. So neither held tasks nor those that wait for a retry are read.
        let found = try await redeliver(
            "redeliver", by: Name.nextRunAt, limit: limit, [Name.sentLane: TaskDocument.anyLane, Name.nextRunAt: ["$lte": .time(time)]])
        guard found < limit else { return found }
        let others = try await redeliver(
            "redeliver without lane", by: Name.nextStepAt, limit: limit - found, TaskDocument.withoutLane)
        return found + others
    }

    package func expireLeases(limit: Int) async throws -> [TaskRecord] {
        try await tasks.transitionAll("expire", .expired, limit: limit, .expire) { tasks.agenda(.expire, at: ["$lte": .time($0)]) }
    }

    package func unpublished(olderThan age: Duration, after position: TimelinePosition, limit: Int) async throws -> [TaskRecord] {
        if position == .beginning { try await tasks.completeOutboxes() }
        let end = try await tasks.clock.read().latest - age + .microseconds(1)
        // The condition on the events is that of the index, so an emptied outbox is not found.
        return try await tasks.scan(
            "unpublished", .unpublished, where: [Name.outboxAt: ["$gt": 0]], by: Name.outboxSince, after: position, before: end,
            limit: limit
        ).map(\.record)
    }

    package func acknowledge(events: [TaskID: Set<String>]) async throws {
        try await tasks.acknowledge(events: events)
    }

    package func deleted(after position: TimelinePosition, limit: Int) async throws -> [TaskRecord] {
        try await tasks.scan(
            "deleted", .deleted, where: TaskDocument.agenda(.purge), by: Name.nextStepAt, after: position, limit: limit
        ).map(\.record)
    }

    package func purge(_ id: TaskID) async throws -> Bool {
        // A single write, so that the usage counts either the task or its remains. A deleted task's contribution to the
        // usage no longer changes.
        guard let document = try await tasks.document(id), document.record.deletedAt != nil, let remains = document.remains else {
            return true
        }
        let deleted: BSONDocument = [
            Name.id: .string(id.rawValue), Name.nextStepKind: .string(TaskDocument.NextStep.purge.rawValue),
            // Unpublished events must not be lost.
            Name.firstOutboxAt: TaskDocument.absent,
        ]
        return try await tasks.update(.purge, [.statement(where: deleted, remains)]) == 1
    }

    package func known(_ ids: [TaskID]) async throws -> Set<TaskID> {
        let names = Set(ids.map(\.rawValue))
        guard !names.isEmpty else { return [] }
        let rows = try await tasks.rows(
            .known, where: [Name.id: ["$in": .array(names.map(BSONValue.string))], Name.status: TaskDocument.present], limit: names.count,
            fields: [Name.id])
        return Set(rows.compactMap { $0[Name.id]?.string }.map { TaskID($0) })
    }
}
