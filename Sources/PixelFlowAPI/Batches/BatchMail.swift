package import PixelFlowCore

/// Reports completed batches to auth, which knows the users and mails a batch's creator if they want it.
package struct BatchMail: Sendable {
    private let desk: any TaskMailDesk
    private let tasks: any TaskOwnerStore

    package init(desk: any TaskMailDesk, tasks: any TaskOwnerStore) {
        self.desk = desk
        self.tasks = tasks
    }

    /// Idempotent: each batch is reported once.
    ///
    /// - Throws: `PixelFlowError` with `retry == .outage` if auth or the task database does not respond.
    func report(_ batch: Batch, _ counts: BatchCounts) async throws {
        var ended = EndedTasks(completed: counts.completed, failed: counts.failed, cancelled: counts.cancelled)
        if counts.failed > 0 {
            let query = TaskQuery(tenant: batch.tenant, status: .failed, batch: batch.id, limit: EndedTasks.failuresShown)
            ended.failures = try await tasks.list(query).tasks.compactMap(EndedTasks.Failure.init)
        }
        try await desk.report([
            EndedBatch(
                id: batch.id.rawValue, organisation: batch.tenant, owner: batch.owner, description: batch.description, ended: ended)
        ])
    }
}
