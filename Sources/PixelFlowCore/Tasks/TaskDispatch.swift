/// What is known about the dispatch messages of a task.
package struct Dispatch: Sendable, Hashable, Codable {
    /// Grows with every dispatch message that is published, and with every return to PENDING, which spends the dispatch messages before it.
    package var sequence: Int
    /// When the dispatcher publishes the next dispatch message, should the task still be PENDING.
    package var due: Timestamp
    /// Dispatch messages of this waiting period that the broker has acknowledged.
    package var acknowledged: Int
    /// When the latest dispatch message was acknowledged; nil while it has not been.
    package var acknowledgedAt: Timestamp?
    /// Absent rather than false, as in documents from before tasks were held.
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

/// A change that others must hear of; published at least once, with a stable id.
package struct OutboxEvent: Sendable, Hashable, Codable {
    /// `task/generation/epoch/status`: the same event has the same id however often it is sent.
    package var id: String
    package var status: TaskStatus
    package var at: Timestamp

    package init(id: String, status: TaskStatus, at: Timestamp) {
        self.id = id
        self.status = status
        self.at = at
    }

    /// The generation of the task that it is about.
    package var generation: Int? { id.split(separator: "/").dropFirst().first.flatMap { Int($0) } }
}
