import PixelFlowCore

/// A change of one task that is applied only if its document has not changed since it was read.
struct TaskSwap: Sendable {
    let old: TaskDocument
    let new: TaskDocument

    init(from old: TaskDocument, to record: TaskRecord) {
        self.old = old
        self.new = TaskDocument(record: record, version: TaskDocument.drawVersion())
    }

    func statement() throws -> BSONDocument {
        BSONDocument.statement(where: old.unchanged, try old.change(to: new))
    }
}

/// A worker's request to claim a task.
struct ClaimRequest: Sendable {
    let task: TaskID
    let worker: WorkerID
}

/// Its result.
enum ClaimOutcome: Sendable {
    case taken(TaskRecord)
    /// Another worker has it, or it cannot be claimed.
    case refused
    /// The update did not match, but the rule would allow the claim: the caller must read the task first.
    case undecided
}
