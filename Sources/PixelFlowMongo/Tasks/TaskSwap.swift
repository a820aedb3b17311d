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

/// The claim of a worker.
struct ClaimRequest: Sendable {
    let task: TaskID
    let worker: WorkerID
}

/// Its result.
enum ClaimOutcome: Sendable {
    case taken(TaskRecord)
    /// Someone else has it, or it is not to be had.
    case refused
    /// The update did not apply, but the rule would: to be claimed by looking first.
    case undecided
}
