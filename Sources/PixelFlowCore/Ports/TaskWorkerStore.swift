/// The worker's side of the task store: takes a task, holds it, and ends its run.
///
/// A claim is fenced by its epoch: once the task has been claimed again, taken back or ended, every method that takes the old
/// claim changes nothing and says so. What `TaskStore` says of every method holds.
package protocol TaskWorkerStore: TaskLookup {
    /// PENDING tasks of some lanes that could have run for `age` by now and that no worker has claimed, at most `limit` of them:
    /// lane by lane, roughly the oldest first. They can be claimed without a dispatch message.
    ///
    /// Held tasks are among them only while no ready task of any lane is with the broker: no dispatcher is giving turns then.
    func waiting(longerThan age: Duration, in lanes: Set<Lane>, limit: Int) async throws -> [TaskID]
    /// Takes a PENDING task that is due. Returns nil if another worker was faster or the task is not to be had.
    func claim(_ id: TaskID, by worker: WorkerID) async throws -> TaskRecord?
    /// Extends the lease of a claim.
    func renew(_ claim: Claim) async throws -> Renewal
    /// Makes the manifest visible, durably. Returns nil if the claim is lost: nothing was changed.
    /// May be repeated when an answer was lost: the claim that has completed the task gets it again.
    func complete(_ claim: Claim, with manifest: Manifest) async throws -> TaskRecord?
    /// Ends a run without a manifest, durably: the task waits for its next attempt or has failed. Returns nil if the claim is
    /// lost.
    func fail(_ claim: Claim, with failure: TaskFailure) async throws -> TaskRecord?
    /// Gives a claim back unused; the task is CANCELLED if that was asked for, else PENDING. Returns nil if the claim is lost.
    func release(_ claim: Claim) async throws -> TaskRecord?
}

extension TaskWorkerStore {
    /// Of every lane.
    package func waiting(longerThan age: Duration, limit: Int) async throws -> [TaskID] {
        try await waiting(longerThan: age, in: Set(Lane.allCases), limit: limit)
    }
}
