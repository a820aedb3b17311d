/// The state of a task's dispatch messages.
package struct Dispatch: Sendable, Hashable, Codable {
    /// Incremented for every published dispatch message, and for every return to PENDING, which invalidates earlier dispatch messages.
    package var sequence: Int
    /// When the dispatcher publishes the next dispatch message if the task is still PENDING.
    package var due: Timestamp
    /// The number of dispatch messages that the broker has acknowledged since the task became PENDING.
    package var acknowledged: Int
    /// When the latest dispatch message was acknowledged; nil if it has not been.
    package var acknowledgedAt: Timestamp?
    /// Absent rather than false, as in documents from before tasks could be held.
    private var held: Bool?

    /// Whether the task waits in the store for its organisation's turn, without a dispatch message.
    package var isHeld: Bool {
        get { held == true }
        set { held = newValue ? true : nil }
    }

    package init(
        sequence: Int = 1, due: Timestamp, acknowledged: Int = 0, acknowledgedAt: Timestamp? = nil, isHeld: Bool = false
    ) {
        self.sequence = sequence
        self.due = due
        self.acknowledged = acknowledged
        self.acknowledgedAt = acknowledgedAt
        held = isHeld ? true : nil
    }
}

/// A change to be published at least once, with a stable id.
package struct OutboxEvent: Sendable, Hashable, Codable {
    /// `task/generation/epoch/status`: repetitions of an event have the same id.
    package var id: String
    package var status: TaskStatus
    package var at: Timestamp
    /// How the task had ended; nil until a replay resets it.
    package var ended: EndedRun?

    package init(id: String, status: TaskStatus, at: Timestamp, ended: EndedRun? = nil) {
        self.id = id
        self.status = status
        self.at = at
        self.ended = ended
    }

    /// The generation of the task in the event.
    package var generation: Int? { id.split(separator: "/").dropFirst().first.flatMap { Int($0) } }
}

/// The fields that a replay resets or changes later, kept with the event of a failure until it is published.
package struct EndedRun: Sendable, Hashable, Codable {
    package var epoch: Int
    package var attempts: Int
    package var crashes: Int
    package var losses: Int
    package var outages: Int
    package var error: TaskError?
    package var outputs: [TaskOutput]
    package var sourceMetadata: SourceMetadata?
    package var startedAt: Timestamp?
    package var revision: Int

    package init(
        epoch: Int, attempts: Int, crashes: Int, losses: Int, outages: Int, error: TaskError?, outputs: [TaskOutput],
        sourceMetadata: SourceMetadata?, startedAt: Timestamp?, revision: Int
    ) {
        self.epoch = epoch
        self.attempts = attempts
        self.crashes = crashes
        self.losses = losses
        self.outages = outages
        self.error = error
        self.outputs = outputs
        self.sourceMetadata = sourceMetadata
        self.startedAt = startedAt
        self.revision = revision
    }

    init(_ task: TaskRecord) {
        self.init(
            epoch: task.epoch, attempts: task.attempts, crashes: task.crashes, losses: task.losses, outages: task.outages,
            error: task.error, outputs: task.outputs, sourceMetadata: task.sourceMetadata, startedAt: task.startedAt,
            revision: task.revision)
    }
}

extension TaskRecord {
    /// The task in the state that each unpublished event reports, with only that event in its outbox. The task may have been replayed
    /// since.
    package var reportedStates: [TaskRecord] { outbox.map(state(reportedBy:)) }

    private func state(reportedBy event: OutboxEvent) -> TaskRecord {
        var task = self
        task.outbox = [event]
        task.status = event.status
        task.generation = event.generation ?? generation
        task.completedAt = event.at
        guard let ended = event.ended else { return task }
        task.epoch = ended.epoch
        task.attempts = ended.attempts
        task.crashes = ended.crashes
        task.losses = ended.losses
        task.outages = ended.outages
        task.error = ended.error
        task.outputs = ended.outputs
        task.sourceMetadata = ended.sourceMetadata
        task.startedAt = ended.startedAt
        task.revision = ended.revision
        task.updatedAt = event.at
        task.history.removeAll { $0.generation > task.generation }
        task.lease = nil
        task.cancelRequested = false
        task.outbox[0].ended = nil
        return task
    }
}
