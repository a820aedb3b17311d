import PixelFlowCore

/// A change of one task, to be made only while its document is as it was read.
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

/// A worker that wants a task.
struct ClaimRequest: Sendable {
    let task: TaskID
    let worker: WorkerID
}

/// What came of it.
enum ClaimOutcome: Sendable {
    case taken(TaskRecord)
    /// Someone else has it, or it is not to be had.
    case refused
    /// The update did not apply, but the rule would: to be claimed by looking first.
    case undecided
}
