package import PixelFlowCore

extension MongoTaskStore: TaskDispatchStore {
    private typealias Name = TaskDocument.Name

    package func takeDue(limit: Int) async throws -> [TaskRecord] {
        try await tasks.transitionAll("dispatch", .due, limit: limit, .dispatch) { now in
            var filter = tasks.agenda(.dispatch, at: ["$lte": .time(now)])
            filter[Name.heldLane] = TaskDocument.absent
            return filter
        }
    }

    package func acknowledge(_ messages: [DispatchMessage]) async throws {
        try await tasks.acknowledge(messages)
    }

    package func redeliverLost(publishedBefore time: Timestamp, limit: Int) async throws -> Int {
        try await tasks.transitionAll("redeliver", .due, limit: limit, .redeliverLost(before: time)) { now in
            var filter = tasks.agenda(.dispatch, at: ["$gt": .time(now)])
            filter[Name.acknowledgedAt] = ["$lte": .time(time)]
            return filter
        }.count
    }

    package func expireLeases(limit: Int) async throws -> [TaskRecord] {
        try await tasks.transitionAll("expire", .expired, limit: limit, .expire) { tasks.agenda(.expire, at: ["$lte": .time($0)]) }
    }

    package func unpublished(olderThan age: Duration, after position: TimelinePosition, limit: Int) async throws -> [TaskRecord] {
        let until = try await tasks.clock.read().latest - age
        // The index contains the time of the first event, because an outbox is sorted by time.
        return try await tasks.scan(
            "unpublished", .unpublished, where: [Name.outboxAt: ["$gt": 0, "$lte": .time(until)]], by: Name.firstOutboxAt,
            sort: [Name.outboxAt: 1, Name.id: 1], after: position, limit: limit
        ).map(\.record)
    }

    package func acknowledge(events: [TaskID: Set<String>]) async throws {
        try await tasks.acknowledge(events: events)
    }

    package func deleted(after position: TimelinePosition, limit: Int) async throws -> [TaskRecord] {
        try await tasks.scan(
            "deleted", .deleted, where: [Name.nextStepKind: .string(TaskDocument.NextStep.purge.rawValue)], by: Name.nextStepAt,
            sort: [Name.nextStepAt: 1, Name.id: 1], after: position, limit: limit
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
