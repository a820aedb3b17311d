import PixelFlowCore

/// Creates the indexes before the first command, as soon as the server answers. Creating existing ones
/// changes nothing, so any number of replicas may start at the same time.
struct TaskIndexes: Sendable {
    private let made: AsyncLazy<Void>

    init(_ database: MongoDatabase) { made = AsyncLazy { try await Self.make(in: database) } }

    /// - Throws: `PixelFlowError` with `retry == .outage`; the next call retries.
    func ensure() async throws { try await made.value }

    private static func make(in database: MongoDatabase) async throws {
        for (collection, indexes) in all {
            _ = try await database.run(
                .prepare,
                [
                    "createIndexes": .string(collection), "indexes": .array(indexes.map(BSONValue.document)),
                    "writeConcern": BSONDocument.writeConcern(database.commandTimeout),
                ])
        }
    }

    /// By collection.
    static let all: [(collection: String, indexes: [BSONDocument])] =
        [(TaskDocument.collection, ofTasks), (PresetDocument.collection, ofPresets)] + WebhookDocument.indexes
        + BatchDocument.indexes

    /// Few, for each is paid for with every write. Those over the work at hand hold only the tasks they are about.
    private static let ofTasks: [BSONDocument] = {
        typealias Name = TaskDocument.Name
        return [
            ["name": "task_by_status", "key": [Name.tenant: 1, Name.status: 1, Name.id: 1]],
            ["name": "task_by_change", "key": [Name.tenant: 1, Name.updatedAt: 1]],
            ["name": "task_by_next_step", "key": [Name.nextStepKind: 1, Name.nextStepAt: 1], "sparse": true],
            [
                "name": "task_by_turn", "key": [Name.heldLane: 1, Name.tenant: 1, Name.nextRunAt: 1],
                "partialFilterExpression": [Name.heldLane: TaskDocument.present],
            ],
            [
                "name": "task_in_broker", "key": [Name.sentLane: 1, Name.nextRunAt: 1, Name.tenant: 1],
                "partialFilterExpression": [Name.sentLane: TaskDocument.present],
            ],
            // Not sparse, because an outbox that is empty is there.
            ["name": "task_by_outbox", "key": [Name.outboxAt: 1], "partialFilterExpression": [Name.outboxAt: ["$gt": 0]]],
            [
                "name": "task_by_batch", "key": [Name.tenant: 1, Name.batch: 1, Name.status: 1, Name.id: 1],
                "partialFilterExpression": [Name.batch: TaskDocument.present],
            ],
            [
                "name": "task_in_batch_by_end", "key": [Name.tenant: 1, Name.batch: 1, Name.completedAt: 1],
                "partialFilterExpression": [Name.batch: TaskDocument.present],
            ],
            [
                "name": "task_by_idempotency_key", "key": [Name.tenant: 1, Name.idempotencyKey: 1], "unique": true,
                "partialFilterExpression": [Name.idempotencyKey: ["$exists": true]],
            ],
        ]
    }()

    private static let ofPresets: [BSONDocument] = [["name": "preset_by_tenant", "key": ["tenant": 1, "name": 1]]]
}
