import WireFormats

/// The rules of the task protocol without side effects: from a task, a transition and the store's
/// time, it computes the changed task or the reason why the transition does not apply.
///
/// Effects are recorded in the task itself (`outbox`, `dispatch.due`), so that writing the record
/// also stores what remains to be done.
package struct TaskStateMachine: Sendable {
    /// The maximum number of history entries of a task; the first one is always kept.
    package static let historyLimit = 64
    /// A task with this many unpublished events is not replayed, so that its document does not grow while events cannot be published.
    package static let outboxLimit = 16

    package let policy: TaskPolicy

    package init(policy: TaskPolicy = .standard) { self.policy = policy }

    /// Prepares a new task for storage: sets its times to the store's, regardless of its creator's clock.
    package func admit(_ task: TaskRecord, at now: Timestamp) -> TaskRecord {
        var task = task
        task.nextRunAt = now
        task.dispatch.due = now + (task.dispatch.isHeld ? policy.redispatchIntervalLimit : policy.publishTimeout)
        task.updatedAt = now
        return task
    }

    /// Applies `transition` to `task`.
    ///
    /// - Parameter now: the store's time.
    /// - Throws: the reason why the transition does not apply, leaving `task` unchanged.
    package func apply(_ transition: TaskTransition, to task: inout TaskRecord, at now: Timestamp) throws(TransitionError) {
        if task.deletedAt != nil {
            // Its events must still be published and acknowledged; otherwise they would be sent forever.
            guard case .acknowledgeEvents = transition else { throw .deleted }
        }
        switch transition {
        case .claim(let worker): try claim(&task, worker, now)
        case .renew(let claim): try renew(&task, claim, now)
        case .complete(let claim, let manifest): try complete(&task, claim, manifest, now)
        case .fail(let claim, let failure, let jitter): try fail(&task, claim, failure, jitter, now)
        case .release(let claim): try release(&task, claim, now)
        case .expire: try expire(&task, now)
        case .reclaim: try reclaim(&task, now)
        case .cancel: try cancel(&task, now)
        case .replay: try replay(&task, now)
        case .dispatch: try dispatch(&task, now)
        case .hold: try hold(&task, now)
        case .takeTurn: try takeTurn(&task, now)
        case .acknowledgeDispatch(let sequence): try acknowledgeDispatch(&task, sequence, now)
        case .redeliverLost(let time): try redeliverLost(&task, time, now)
        case .acknowledgeEvents(let ids): try acknowledgeEvents(&task, ids)
        case .delete: delete(&task, now)
        }
    }
}

// MARK: - The worker's side

extension TaskStateMachine {
    private func claim(_ task: inout TaskRecord, _ worker: WorkerID, _ now: Timestamp) throws(TransitionError) {
        guard task.status == .pending else { throw .wrongStatus(task.status) }
        guard !task.cancelRequested else { throw .cancelRequested }
        guard task.nextRunAt <= now else { throw .notDue }
        task.epoch += 1
        task.attempts += 1
        task.dispatch.isHeld = false
        task.lease = Lease(worker: worker, until: now + policy.leaseDuration)
        task.startedAt = now
        move(&task, to: .processing, because: "claimed", now)
    }

    private func renew(_ task: inout TaskRecord, _ claim: Claim, _ now: Timestamp) throws(TransitionError) {
        try guardHolder(task, claim)
        guard !task.cancelRequested else { throw .cancelRequested }
        task.lease?.until = now + policy.leaseDuration
    }

    private func complete(
        _ task: inout TaskRecord, _ claim: Claim, _ manifest: Manifest, _ now: Timestamp
    ) throws(TransitionError) {
        if task.status == .completed, task.epoch == claim.epoch { throw .alreadyCompleted }
        try guardHolder(task, claim)
        task.sourceMetadata = manifest.sourceMetadata
        task.fetchedSource = manifest.fetchedSource
        task.outputs = manifest.outputs
        task.error = nil
        finish(&task, as: .completed, because: "completed", now)
    }

    private func fail(
        _ task: inout TaskRecord, _ claim: Claim, _ failure: TaskFailure, _ jitter: Double, _ now: Timestamp
    ) throws(TransitionError) {
        try guardHolder(task, claim)
        task.error = failure.error
        if let metadata = failure.sourceMetadata { task.sourceMetadata = metadata }
        switch failure.retry {
        case .permanent:
            task.outputs = failure.outputs
            giveUp(&task, now)
        case .transient:
            failTransiently(&task, failure, jitter, now)
        case .outage:
            task.attempts -= 1
            task.outages += 1
            retry(&task, after: policy.retryDelay(failures: min(task.outages - 1, 3), jitter: jitter), now)
        case .crash:
            task.crashes += 1
            guard task.crashes < policy.maxCrashes else { return condemn(&task, deaths: task.crashes, now) }
            retry(&task, after: policy.retryDelay(failures: 0, jitter: jitter), now)
        case .killed:
            task.attempts -= 1
            let ranAlone = task.losses >= policy.suspectLosses
            task.losses += 1
            guard !ranAlone, task.losses < policy.maxLosses else { return condemn(&task, deaths: task.losses, now) }
            retry(&task, after: policy.retryDelay(failures: task.losses - 1, jitter: jitter), now)
        }
    }

    /// Fails a task whose image kills render processes, as its last run, which was isolated, has confirmed.
    private func condemn(_ task: inout TaskRecord, deaths: Int, _ now: Timestamp) {
        task.error = TaskError(
            code: "poison", message: "The image crashed the render process \(deaths.counted("time")) and is not retried.")
        giveUp(&task, now)
    }

    /// Both the number of attempts and the time limit retries.
    private func failTransiently(_ task: inout TaskRecord, _ failure: TaskFailure, _ jitter: Double, _ now: Timestamp) {
        let since = task.failingSince ?? now
        task.failingSince = since
        let delay = policy.transientDelay(
            failures: task.attempts - 1, jitter: jitter, retryAfter: failure.retryAfter.map { .seconds($0) })
        guard task.attempts < policy.maxAttempts, now + delay <= since + policy.retryWindow else { return giveUp(&task, now) }
        retry(&task, after: delay, now)
    }

    private func release(_ task: inout TaskRecord, _ claim: Claim, _ now: Timestamp) throws(TransitionError) {
        try guardHolder(task, claim)
        task.attempts -= 1
        putBack(&task, because: "handed_back", at: now, now)
    }
}

// MARK: - The dispatcher's side

extension TaskStateMachine {
    private func expire(_ task: inout TaskRecord, _ now: Timestamp) throws(TransitionError) {
        guard task.status == .processing, let lease = task.lease else { throw .wrongStatus(task.status) }
        guard lease.until <= now else { throw .notDue }
        try reclaim(&task, now)
    }

    private func reclaim(_ task: inout TaskRecord, _ now: Timestamp) throws(TransitionError) {
        guard task.status == .processing else { throw .wrongStatus(task.status) }
        task.attempts -= 1
        task.losses += 1
        guard task.losses < policy.maxLosses else {
            task.error = TaskError(
                code: "worker_lost",
                message:
                    "The task was lost \(task.losses.counted("time")) because its worker stopped responding.")
            return giveUp(&task, now)
        }
        putBack(&task, because: "lease_lost", at: now, now)
    }

    private func dispatch(_ task: inout TaskRecord, _ now: Timestamp) throws(TransitionError) {
        guard task.status == .pending else { throw .wrongStatus(task.status) }
        guard task.dispatch.due <= now, !task.dispatch.isHeld else { throw .notDue }
        publish(&task, now)
    }

    private func publish(_ task: inout TaskRecord, _ now: Timestamp) {
        task.dispatch.sequence += 1
        task.dispatch.due = now + policy.publishTimeout
        task.dispatch.acknowledgedAt = nil
    }

    /// The due time is for dispatchers from before tasks could be held, which publish the task at that time.
    private func hold(_ task: inout TaskRecord, _ now: Timestamp) throws(TransitionError) {
        guard task.status == .pending else { throw .wrongStatus(task.status) }
        guard !task.dispatch.isHeld else { throw .unchanged }
        task.dispatch = Dispatch(
            sequence: task.dispatch.sequence + 1, due: max(now, task.nextRunAt) + policy.redispatchIntervalLimit, isHeld: true)
    }

    private func takeTurn(_ task: inout TaskRecord, _ now: Timestamp) throws(TransitionError) {
        guard task.status == .pending else { throw .wrongStatus(task.status) }
        guard task.dispatch.isHeld else { throw .unchanged }
        guard task.nextRunAt <= now else { throw .notDue }
        task.dispatch.isHeld = false
        publish(&task, now)
    }

    private func acknowledgeDispatch(_ task: inout TaskRecord, _ sequence: Int, _ now: Timestamp) throws(TransitionError) {
        guard task.status == .pending else { throw .wrongStatus(task.status) }
        guard task.dispatch.sequence == sequence, task.nextRunAt <= now else { throw .superseded }
        task.dispatch.acknowledged += 1
        task.dispatch.acknowledgedAt = now
        task.dispatch.due = now + policy.redispatchInterval(acknowledged: task.dispatch.acknowledged)
    }

    private func redeliverLost(_ task: inout TaskRecord, _ time: Timestamp, _ now: Timestamp) throws(TransitionError) {
        guard task.status == .pending else { throw .wrongStatus(task.status) }
        guard !task.dispatch.isHeld, let acknowledgedAt = task.dispatch.acknowledgedAt, acknowledgedAt <= time, task.dispatch.due > now
        else { throw .unchanged }
        task.dispatch.due = now
    }

    private func acknowledgeEvents(_ task: inout TaskRecord, _ ids: Set<String>) throws(TransitionError) {
        guard task.outbox.contains(where: { ids.contains($0.id) }) else { throw .unchanged }
        task.outbox.removeAll { ids.contains($0.id) }
    }
}

// MARK: - The owner's side

extension TaskStateMachine {
    private func cancel(_ task: inout TaskRecord, _ now: Timestamp) throws(TransitionError) {
        switch task.status {
        case .pending:
            finish(&task, as: .cancelled, because: "cancelled", now)
        case .processing:
            guard !task.cancelRequested else { throw .unchanged }
            task.cancelRequested = true
            touch(&task, now)
        case .completed, .failed, .cancelled:
            throw .wrongStatus(task.status)
        }
    }

    private func replay(_ task: inout TaskRecord, _ now: Timestamp) throws(TransitionError) {
        guard task.status == .failed else { throw .wrongStatus(task.status) }
        guard task.outbox.count < Self.outboxLimit else { throw .eventsWaiting }
        // The event of the failure may not be published yet, and must still report the failure.
        if let event = task.outbox.firstIndex(where: { $0.generation == task.generation }) { task.outbox[event].ended = EndedRun(task) }
        task.generation += 1
        task.attempts = 0
        task.crashes = 0
        task.losses = 0
        task.outages = 0
        task.failingSince = nil
        task.error = nil
        task.outputs = []
        task.sourceMetadata = nil
        task.startedAt = nil
        task.completedAt = nil
        task.nextRunAt = now
        task.dispatch = Dispatch(sequence: task.dispatch.sequence + 1, due: now + policy.publishTimeout)
        move(&task, to: .pending, because: "replayed", now)
    }

    private func delete(_ task: inout TaskRecord, _ now: Timestamp) {
        task.deletedAt = now
        touch(&task, now)
    }
}

// MARK: - Shared steps

extension TaskStateMachine {
    private func guardHolder(_ task: TaskRecord, _ claim: Claim) throws(TransitionError) {
        guard task.epoch == claim.epoch else { throw .fenced }
        guard task.status == .processing else { throw .wrongStatus(task.status) }
    }

    private func retry(_ task: inout TaskRecord, after delay: Duration, _ now: Timestamp) {
        putBack(&task, because: task.error?.code ?? "retry", at: now + delay, now)
    }

    /// Back to PENDING, or to CANCELLED if cancellation was requested during the run.
    private func putBack(_ task: inout TaskRecord, because reason: String, at time: Timestamp, _ now: Timestamp) {
        if task.cancelRequested { return finish(&task, as: .cancelled, because: "cancelled", now) }
        task.lease = nil
        task.nextRunAt = time
        // The dispatch message of the ended run is no longer valid; a late acknowledgement of it must not delay the retry.
        task.dispatch = Dispatch(sequence: task.dispatch.sequence + 1, due: time)
        move(&task, to: .pending, because: reason, now)
    }

    private func giveUp(_ task: inout TaskRecord, _ now: Timestamp) {
        if task.cancelRequested { return finish(&task, as: .cancelled, because: "cancelled", now) }
        finish(&task, as: .failed, because: task.error?.code ?? "failed", now)
    }

    private func finish(_ task: inout TaskRecord, as status: TaskStatus, because reason: String, _ now: Timestamp) {
        if status == .cancelled { task.error = nil }
        task.cancelRequested = false
        task.completedAt = now
        task.dispatch.due = .distantFuture
        let event = OutboxEvent(id: "\(task.id)/\(task.generation)/\(task.epoch)/\(status.rawValue)", status: status, at: now)
        task.outbox.append(event)
        move(&task, to: status, because: reason, now)
        task.lease = nil
    }

    private func move(_ task: inout TaskRecord, to status: TaskStatus, because reason: String, _ now: Timestamp) {
        task.status = status
        if task.history.count >= Self.historyLimit { task.history.remove(at: 1) }
        task.history.append(
            HistoryEntry(
                at: now, status: status, reason: reason, generation: task.generation, epoch: task.epoch, worker: task.lease?.worker))
        touch(&task, now)
    }

    private func touch(_ task: inout TaskRecord, _ now: Timestamp) {
        task.revision += 1
        task.updatedAt = now
    }
}
