/// The worker's role of the task store: claims a task, renews its lease, and ends its run.
///
/// A claim is fenced by its epoch: once the task has been claimed again, reclaimed or ended, all methods with the old
/// claim change nothing and report this. The guarantees of `TaskStore` apply.
package protocol TaskWorkerStore: TaskLookup {
    /// At most `limit` PENDING tasks of some lanes that have been ready to run for `age` and that no worker has claimed:
    /// lane by lane, roughly the oldest first. They can be claimed without a dispatch message.
    ///
    /// Includes held tasks only while no ready task of any lane is at the broker, which means that no dispatcher is active.
    func waiting(longerThan age: Duration, in lanes: Set<Lane>, limit: Int) async throws -> [TaskID]
    /// Claims a PENDING task that is due. Returns nil if another worker was faster or the task cannot be claimed.
    func claim(_ id: TaskID, by worker: WorkerID) async throws -> TaskRecord?
    /// Extends the lease of a claim.
    func renew(_ claim: Claim) async throws -> Renewal
    /// Makes the manifest visible, durably. Returns nil if the claim is lost; nothing is changed in that case.
    /// Can be repeated if the response was lost: the claim that has completed the task gets it again.
    func complete(_ claim: Claim, with manifest: Manifest) async throws -> TaskRecord?
    /// Ends a run without a manifest, durably: the task waits for its next attempt or has failed. Returns nil if the claim is
    /// lost.
    func fail(_ claim: Claim, with failure: TaskFailure) async throws -> TaskRecord?
    /// Returns a task unprocessed: it becomes CANCELLED if that was requested, otherwise PENDING. Returns nil if the claim is lost.
    func release(_ claim: Claim) async throws -> TaskRecord?
}

extension TaskWorkerStore {
    /// In all lanes.
    package func waiting(longerThan age: Duration, limit: Int) async throws -> [TaskID] {
        try await waiting(longerThan: age, in: Set(Lane.allCases), limit: limit)
    }
}
