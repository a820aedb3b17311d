package import PixelFlowCore

extension MongoTaskStore {
    private typealias Name = TaskDocument.Name

    package func find(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord? {
        let task = try await reading(for: tenant) { try await tasks.document(id, of: tenant)?.record }
        return task?.deletedAt == nil ? task : nil
    }

    package func find(idempotencyKey: String, of tenant: TenantID) async throws -> TaskRecord? {
        try await reading(for: tenant) { try await tasks.find(idempotencyKey: idempotencyKey, of: tenant)?.record }
    }

    package func list(_ query: TaskQuery) async throws -> TaskPage {
        var filter: BSONDocument = [Name.tenant: .string(query.tenant.rawValue)]
        // If no status is requested, all are listed, because the index starts with the status: the server
        // merges its five parts in the order of ids.
        let statuses = query.status.map { [$0] } ?? TaskStatus.allCases
        filter[Name.status] = statuses.count == 1 ? .string(statuses[0].rawValue) : ["$in": .array(statuses.map { .string($0.rawValue) })]
        filter[Name.id] = query.before.map { ["$lt": .string($0.rawValue)] }
        filter[Name.label] = query.search.map { ["$regex": .string(Self.pattern(for: $0.lowercased()))] }
        filter[Name.deletedAt] = TaskDocument.notDeleted
        // One more than requested shows whether there is a next page.
        let found = try await reading(for: query.tenant) {
            try await tasks.find(.list, where: filter, sort: [Name.id: -1], limit: query.limit + 1).map(\.record)
        }
        let page = Array(found.prefix(query.limit))
        return TaskPage(tasks: page, next: found.count > query.limit ? page.last?.id : nil)
    }

    /// A regular expression that finds exactly this text.
    private static func pattern(for text: String) -> String {
        var pattern = ""
        for character in text {
            if character.isASCII, !character.isLetter, !character.isNumber, !character.isWhitespace { pattern.append("\\") }
            pattern.append(character)
        }
        return pattern
    }

    package func changes(of tenant: TenantID, after position: TimelinePosition, limit: Int) async throws -> [TaskRecord] {
        let horizon = tasks.times.horizon(at: try await tasks.clock.read().latest)
        var filter = Self.after(position, by: Name.updatedAt, before: horizon)
        filter[Name.tenant] = .string(tenant.rawValue)
        return try await reading(for: tenant) {
            try await tasks.find(.changes, where: filter, sort: [Name.updatedAt: 1, Name.id: 1], limit: limit).map(\.record)
        }
    }

    /// The documents after a position, ordered by a time and the id. The index is used for the bounds on the time.
    private static func after(_ position: TimelinePosition, by time: String, before end: Timestamp? = nil) -> BSONDocument {
        var bounds: BSONDocument = [position.task == nil ? "$gt" : "$gte": .time(position.time)]
        bounds["$lt"] = end.map(BSONValue.time)
        var filter: BSONDocument = [:]
        filter[time] = .document(bounds)
        guard let task = position.task else { return filter }
        let later: BSONDocument = BSONDocument([.init(name: time, value: ["$gt": .time(position.time)])])
        let atOnce = BSONDocument([
            .init(name: time, value: .time(position.time)), .init(name: Name.id, value: ["$gt": .string(task.rawValue)]),
        ])
        filter["$or"] = .array([.document(later), .document(atOnce)])
        return filter
    }

    package func waiting(longerThan age: Duration, limit: Int) async throws -> [TaskID] {
        let start = try await tasks.clock.read().earliest - age
        var filter = tasks.agenda(.dispatch, at: ["$gt": 0])
        filter[Name.nextRunAt] = ["$lte": .time(start)]
        filter[Name.cancelRequested] = false
        return try await tasks.rows(.waiting, where: filter, sort: [Name.nextStepAt: 1], limit: limit, fields: [Name.id])
            .compactMap { $0[Name.id]?.string }.map { TaskID($0) }
    }

    package func unpublished(olderThan age: Duration, after position: TimelinePosition, limit: Int) async throws -> [TaskRecord] {
        let until = try await tasks.clock.read().latest - age
        // The first event is the one that a task is found and sorted by: an outbox is in the order of its times.
        var filter = Self.after(position, by: Name.firstOutboxAt)
        filter[Name.outboxAt] = ["$gt": 0, "$lte": .time(until)]
        return try await tasks.find(
            .unpublished, where: filter, sort: [Name.outboxAt: 1, Name.id: 1], limit: limit
        ).map(\.record)
    }

    package func deleted(after position: TimelinePosition, limit: Int) async throws -> [TaskRecord] {
        var filter = Self.after(position, by: Name.nextStepAt)
        filter[Name.nextStepKind] = .string(TaskDocument.NextStep.purge.rawValue)
        return try await tasks.find(
            .deleted, where: filter, sort: [Name.nextStepAt: 1, Name.id: 1], limit: limit
        ).map(\.record)
    }

    package func known(_ ids: [TaskID]) async throws -> Set<TaskID> {
        let names = Set(ids.map(\.rawValue))
        guard !names.isEmpty else { return [] }
        let rows = try await tasks.rows(
            .known, where: [Name.id: ["$in": .array(names.map(BSONValue.string))]], limit: names.count, fields: [Name.id])
        return Set(rows.compactMap { $0[Name.id]?.string }.map { TaskID($0) })
    }
}
