import PixelFlowCore

/// Creates the indexes that correctness depends on before the first command, as soon as the server responds, and all that are missing
/// whenever `build` is called. Creating existing indexes changes nothing, so any number of replicas may do so simultaneously.
struct TaskIndexes: Sendable {
    private let made: AsyncLazy<Void>
    private let database: MongoDatabase

    init(_ database: MongoDatabase) {
        self.database = database
        made = AsyncLazy { try await Self.make(Self.needed, in: database) }
    }

    /// - Throws: `PixelFlowError` with `retry == .outage`; the next call retries.
    func ensure() async throws { try await made.value }

    /// Creates all indexes. For millions of tasks this takes minutes; without them, commands are only slower.
    ///
    /// - Throws: `PixelFlowError` with `retry == .outage`. The server continues, and the next call waits for it.
    func build() async throws {
        try await ensure()
        try await Self.make(Self.all, in: database)
    }

    private static func make(_ indexes: [(collection: String, indexes: [BSONDocument])], in database: MongoDatabase) async throws {
        for (collection, indexes) in indexes {
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

    /// Without the unique ones, there could be duplicates. Without the other one, the check for open tasks of a batch would use
    /// an index on the status (see `hasOpenTask`).
    static let needed = all.compactMap { collection, indexes in
        let needed = indexes.filter { $0["unique"]?.bool == true || $0["name"]?.string == openTasks }
        return needed.isEmpty ? nil : (collection: collection, indexes: needed)
    }

    private static let openTasks = "task_in_batch_by_end"

    /// Few, because each one slows every write. Indexes on pending work contain only the tasks concerned.
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
            // Not sparse, because the field exists even if the outbox is empty.
            ["name": "task_by_outbox", "key": [Name.outboxAt: 1], "partialFilterExpression": [Name.outboxAt: ["$gt": 0]]],
            [
                "name": "task_by_batch", "key": [Name.tenant: 1, Name.batch: 1, Name.status: 1, Name.id: 1],
                "partialFilterExpression": [Name.batch: TaskDocument.present],
            ],
            [
                "name": .string(openTasks), "key": [Name.tenant: 1, Name.batch: 1, Name.completedAt: 1],
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
