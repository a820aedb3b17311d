import PixelFlowCore

/// A task in the collection `task`: the record, and the version of the last write.
///
/// Values that commands search or change are separate fields; times are microseconds since
/// 1970. The pipeline, which no command searches, is stored as JSON text.
struct TaskDocument: Sendable {
    static let collection = "task"

    var record: TaskRecord
    /// Random for every write: a change names the version on which it is based, and a write that
    /// is repeated because its response was lost recognises its own.
    var version: Int64

    static func drawVersion() -> Int64 { .random(in: 1...Int64.max) }

    /// The names of fields used in filters and updates.
    enum Name {
        static let id = "_id"
        static let tenant = "tenant"
        static let status = "status"
        static let generation = "generation"
        static let epoch = "epoch"
        static let attempts = "attempts"
        static let lease = "lease"
        static let leaseUntil = "lease.until"
        static let nextRunAt = "next_run_at"
        /// The dispatcher's next step for the task, and its time: one index finds all of its work.
        static let nextStep = "next_step"
        static let nextStepKind = "next_step.kind"
        static let nextStepAt = "next_step.at"
        /// The rank of the lane, if the dispatch message is at the broker or due.
        static let sentLane = "next_step.sent"
        /// The rank of the lane, if the task is held.
        static let heldLane = "next_step.held"
        static let isHeld = "dispatch.held"
        static let lane = "lane"
        static let leaseWorker = "lease.worker"
        static let dispatchSequence = "dispatch.sequence"
        static let dispatchDue = "dispatch.due"
        static let acknowledged = "dispatch.acknowledged"
        static let acknowledgedAt = "dispatch.acknowledged_at"
        static let cancelRequested = "cancel_requested"
        /// The key while it is in use. The unique index covers only this field.
        static let idempotencyKey = "idempotency_key"
        /// The key once the task is deleted and the key is free again.
        static let releasedKey = "released_key"
        static let label = "label"
        /// The batch of a task that is not deleted. The indexes cover only this field.
        static let batch = "batch"
        /// The batch of a deleted task.
        static let releasedBatch = "released_batch"
        static let outbox = "outbox"
        static let outboxID = "outbox.id"
        static let outboxAt = "outbox.at"
        static let firstOutboxAt = "outbox.0.at"
        /// The time of the first event. In documents from before this field, and after changes by processes from before it, it is missing or
        /// too early.
        static let outboxSince = "outbox_since"
        static let history = "history"
        /// Present if the history is full.
        static let lastHistoryEntry = "history.\(TaskStateMachine.historyLimit - 1)"
        static let revision = "revision"
        static let createdAt = "created_at"
        static let updatedAt = "updated_at"
        static let startedAt = "started_at"
        static let completedAt = "completed_at"
        static let deletedAt = "deleted_at"
        /// The status that a purged task had.
        static let lastStatus = "last_status"
        /// The value of `producedBytes`, for sums.
        static let producedBytes = "produced_bytes"
        static let errorCode = "error.code"
        static let version = "version"
        /// The random version of the latest claim; stays until the next claim.
        static let claim = "claim"
    }

    /// The dispatcher's next step for a task.
    enum NextStep: String {
        /// Publishes a dispatch message.
        case dispatch
        /// Reclaims the task from a worker that has disappeared.
        case expire
        /// Removes the objects of a deleted task.
        case purge
        /// Removes the remains of a purged task.
        case forget
    }

    static let absent: BSONValue = ["$exists": false]
    static let present: BSONValue = ["$exists": true]
    static let notDeleted = absent
    /// Matches the rank of any lane.
    static let anyLane = rank(of: Set(Lane.allCases))

    /// Matches the ranks of these lanes.
    static func rank(of lanes: Set<Lane>) -> BSONValue { ["$in": .array(lanes.map(\.rank).sorted().map { .int($0) })] }

    /// Matches every status, for an index with the status before the id: the server merges its five parts in the order of ids.
    static let anyStatus: BSONValue = ["$in": .array(TaskStatus.allCases.map { .string($0.rawValue) })]

    /// Matches the document if it has not been changed.
    var unchanged: BSONDocument {
        [Name.id: .string(record.id.rawValue), Name.tenant: .string(record.tenant.rawValue), Name.version: .int(version)]
    }

    /// Matches the tasks with this next step, apart from held ones, in the order of its time: the index has one sequence for each of the
    /// lanes, and one for tasks without a lane, such as those from before there were lanes. The server merges them.
    static func agenda(_ step: NextStep) -> BSONDocument {
        let ranks = [BSONValue.null] + Lane.allCases.map { .int($0.rank) }
        return [
            Name.nextStepKind: .string(step.rawValue), Name.heldLane: absent,
            Name.sentLane: step == .dispatch ? ["$in": .array(ranks)] : absent,
        ]
    }

    /// Matches waiting tasks from before there were lanes. They are in the normal lane.
    static let withoutLane: BSONDocument = [
        Name.nextStepKind: .string(NextStep.dispatch.rawValue), Name.heldLane: absent, Name.sentLane: absent,
    ]

    /// Matches what follows a position in the order of time and id. The index uses the bounds on the time.
    static func after(_ position: TimelinePosition, by time: String, before end: Timestamp? = nil) -> BSONDocument {
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

    /// The update from this document to `next`, with only the differences.
    func change(to next: TaskDocument) throws -> BSONDocument {
        var set: BSONDocument = [:]
        var unset: BSONDocument = [:]
        for (old, new) in zip(Self.state(of: record), Self.state(of: next.record)) where old.value != new.value {
            if let value = new.value { set[new.name] = value } else { unset[old.name] = 1 }
        }
        set[Name.version] = .int(next.version)
        var change: BSONDocument = ["$set": .document(set)]
        if !unset.isEmpty { change["$unset"] = .document(unset) }
        return change
    }
}
