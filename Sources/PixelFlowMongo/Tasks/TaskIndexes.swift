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

    /// Creates all indexes that neither exist nor are being built. For millions of tasks this takes minutes; without them, commands are only slower. If all
    /// exist, it costs a read of the catalogue for each collection.
    ///
    /// Commands do not wait for indexes that have disappeared from a database in use, because creating a unique one fails if there are
    /// duplicates by then.
    ///
    /// - Throws: `PixelFlowError` with `retry == .outage`, after an attempt for each collection. The server continues, and the next call
    ///   waits for it.
    func build() async throws {
        try await ensure()
        var failure: (any Error)?
        for (collection, indexes) in Self.all {
            do {
                let present = Set(try await database.indexes(of: collection, .prepare))
                let missing = indexes.filter { !present.contains($0["name"]?.string ?? "") }
                if !missing.isEmpty { try await Self.make([(collection: collection, indexes: missing)], in: database) }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
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
            ["name": "task_by_change_and_id", "key": [Name.tenant: 1, Name.updatedAt: 1, Name.id: 1]],
            // With the lane before the time, so that dispatchers pass over held tasks, however many there are. Not sparse, because a sparse
            // index does not serve conditions on absent fields.
            [
                "name": "task_by_agenda",
                "key": [Name.nextStepKind: 1, Name.heldLane: 1, Name.sentLane: 1, Name.nextStepAt: 1, Name.id: 1],
                "partialFilterExpression": [Name.nextStepKind: TaskDocument.present],
            ],
            [
                "name": "task_by_turn", "key": [Name.heldLane: 1, Name.tenant: 1, Name.nextRunAt: 1],
                "partialFilterExpression": [Name.heldLane: TaskDocument.present],
            ],
            [
                "name": "task_in_broker", "key": [Name.sentLane: 1, Name.nextRunAt: 1, Name.tenant: 1],
                "partialFilterExpression": [Name.sentLane: TaskDocument.present],
            ],
            // Does not contain the times of the events themselves: the server does not use the order of an index on a list.
            [
                "name": "task_by_outbox_since", "key": [Name.outboxSince: 1, Name.id: 1],
                "partialFilterExpression": [Name.outboxAt: ["$gt": 0]],
            ],
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
