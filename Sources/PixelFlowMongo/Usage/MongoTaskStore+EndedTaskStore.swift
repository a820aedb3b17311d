package import PixelFlowCore

/// Finished tasks no longer change, and changes have an index, so a sum reads only the tasks in its time range.
extension MongoTaskStore: EndedTaskStore {
    private typealias Name = TaskDocument.Name
    private static let owner = "owner"

    package func endedTasks(of owners: [UserID], in span: TaskSpan) async throws -> [UserID: EndedTasks] {
        let group: BSONDocument = [
            "_id": [Self.owner: .string("$\(Self.owner)"), "status": .string("$\(Name.status)")], "count": ["$sum": 1],
        ]
        let filter = Self.filter(owners, in: span, [.completed, .failed, .cancelled])
        var ended: [UserID: EndedTasks] = [:]
        for row in try await tasks.aggregate(.usage, [["$match": .document(filter)], ["$group": .document(group)]]) {
            guard let key = row["_id"]?.document, let owner = key[Self.owner]?.string, let count = row["count"]?.int,
                let status = key["status"]?.string.flatMap(TaskStatus.init)
            else { continue }
            ended[UserID(owner), default: EndedTasks()].count(count, as: status)
        }
        return ended
    }

    package func failedTasks(of owners: [UserID], in span: TaskSpan, limit: Int) async throws -> [TaskRecord] {
        let filter = Self.filter(owners, in: span, [.failed])
        return try await tasks.find(.usage, where: filter, sort: [Name.updatedAt: 1, Name.id: 1], limit: limit).map(\.record)
    }

    private static func filter(_ owners: [UserID], in span: TaskSpan, _ statuses: [TaskStatus]) -> BSONDocument {
        [
            Name.tenant: .string(span.tenant.rawValue),
            Name.updatedAt: ["$gte": .time(span.from), "$lt": .time(span.until)],
            Name.status: ["$in": .array(statuses.map { .string($0.rawValue) })],
            owner: ["$in": .array(owners.map { .string($0.rawValue) })], Name.deletedAt: TaskDocument.notDeleted,
        ]
    }
}
