/// Everything that can happen to a task.
package enum TaskTransition: Sendable, Hashable {
    /// A worker with a free slot takes the task.
    case claim(worker: WorkerID)
    /// The worker is still at it.
    case renew(Claim)
    /// The worker is done.
    case complete(Claim, Manifest)
    /// The worker failed. `jitter`, 0 to 1, spreads the retry.
    case fail(Claim, TaskFailure, jitter: Double)
    /// The worker gives the task back untouched, because it is being stopped.
    case release(Claim)
    /// The lease ran out; the dispatcher takes the task back.
    case expire
    /// The process that held the lease is known to be dead; the embedded mode takes the task back at start.
    case reclaim
    /// A client cancels the task.
    case cancel
    /// A client replays a failed task.
    case replay
    /// The dispatcher publishes a dispatch message.
    case dispatch
    /// The dispatcher keeps the task in the store until it is its organisation's turn.
    case hold
    /// It is the organisation's turn; the dispatcher publishes a dispatch message.
    case takeTurn
    /// The broker has taken the dispatch message with this sequence.
    case acknowledgeDispatch(sequence: Int)
    /// Every dispatch message acknowledged until then has been delivered, so that one whose task still waits was lost.
    case redeliverLost(before: Timestamp)
    /// These outbox events have been published.
    case acknowledgeEvents(Set<String>)
    /// A client deletes the task and its objects.
    case delete
}

/// Why a transition does not apply; the task is unchanged.
package enum TransitionError: Error, Sendable, Hashable {
    /// The task is not in a status the transition starts from.
    case wrongStatus(TaskStatus)
    /// The task has been claimed again since.
    case fenced
    /// It is not time yet.
    case notDue
    /// Cancellation has been asked for.
    case cancelRequested
    /// The dispatch message in question is not the latest.
    case superseded
    /// There is nothing to change.
    case unchanged
    /// This very claim has completed the task before; the answer to that call was lost.
    case alreadyCompleted
    /// The task has been deleted.
    case deleted
}

/// What one transition has done to a task in a store.
package enum TransitionOutcome: Sendable, Hashable {
    case changed(TaskRecord)
    /// The transition does not apply; the task as it stands.
    case refused(TransitionError, TaskRecord)
    /// There is no such task.
    case missing
}

/// What the callers of a store are told.
extension TransitionOutcome {
    /// Nil if nothing was changed.
    package var changed: TaskRecord? {
        guard case .changed(let task) = self else { return nil }
        return task
    }

    package var renewal: Renewal {
        switch self {
        case .changed: .extended
        case .refused(.cancelRequested, _): .cancelRequested
        case .refused, .missing: .lost
        }
    }

    /// The completed task, also if this claim had completed it before; nil if the claim is lost.
    package var completed: TaskRecord? {
        if case .refused(.alreadyCompleted, let task) = self { return task }
        return changed
    }

    /// The cancelled task, or the one whose worker has been asked to stop, by this call or an earlier one; nil if there is none.
    ///
    /// - Throws: `PixelFlowError` of kind `.conflict` if the task is final.
    package func cancelled() throws(PixelFlowError) -> TaskRecord? {
        switch self {
        case .changed(let task), .refused(.unchanged, let task): return task
        case .refused(_, let task):
            throw PixelFlowError(
                .conflict, code: "task_is_final", "The task is already \(task.status.rawValue) and cannot be cancelled.")
        case .missing: return nil
        }
    }

    /// The task that runs again; nil if there is none.
    ///
    /// - Throws: `PixelFlowError` of kind `.conflict` if the task has not failed.
    package func replayed() throws(PixelFlowError) -> TaskRecord? {
        switch self {
        case .changed(let task): return task
        case .refused(_, let task):
            throw PixelFlowError(
                .conflict, code: "task_not_failed", "The task is \(task.status.rawValue); only FAILED tasks can be replayed.")
        case .missing: return nil
        }
    }
}
