/// Proof of a claim: a worker with an older epoch has lost the task.
package struct Claim: Sendable, Hashable, Codable {
    package let task: TaskID
    package let epoch: Int

    package init(task: TaskID, epoch: Int) {
        self.task = task
        self.epoch = epoch
    }
}

extension TaskRecord {
    package var claim: Claim { Claim(task: id, epoch: epoch) }
}

/// The time-limited right of a worker to process a task.
package struct Lease: Sendable, Hashable, Codable {
    package var worker: WorkerID
    /// By the store's clock.
    package var until: Timestamp

    package init(worker: WorkerID, until: Timestamp) {
        self.worker = worker
        self.until = until
    }
}

/// The outcome of renewing a lease.
package enum Renewal: Sendable, Hashable {
    case extended
    /// The owner has cancelled the task.
    case cancelRequested
    /// Another worker has the task, or it no longer exists.
    case lost
}
