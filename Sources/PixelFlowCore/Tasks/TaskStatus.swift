/// Where a task stands. See `docs/task-states.md` for the picture.
package enum TaskStatus: String, Sendable, Hashable, Codable, CaseIterable {
    case pending = "PENDING"
    case processing = "PROCESSING"
    case completed = "COMPLETED"
    case failed = "FAILED"
    case cancelled = "CANCELLED"

    /// Whether nothing more happens to the task by itself.
    package var isFinal: Bool {
        switch self {
        case .pending, .processing: false
        case .completed, .failed, .cancelled: true
        }
    }
}
