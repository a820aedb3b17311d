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

    package init(id: String, status: TaskStatus, at: Timestamp) {
        self.id = id
        self.status = status
        self.at = at
    }

    /// The generation of the task in the event.
    package var generation: Int? { id.split(separator: "/").dropFirst().first.flatMap { Int($0) } }
}
