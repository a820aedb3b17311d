/// All transitions of a task.
package enum TaskTransition: Sendable, Hashable {
    /// A worker with a free slot claims the task.
    case claim(worker: WorkerID)
    /// The worker renews its lease.
    case renew(Claim)
    /// The worker has succeeded.
    case complete(Claim, Manifest)
    /// The worker has failed. `jitter`, 0 to 1, spreads retries.
    case fail(Claim, TaskFailure, jitter: Double)
    /// The worker returns the task unprocessed because it is stopping.
    case release(Claim)
    /// The lease has expired; the dispatcher reclaims the task.
    case expire
    /// The process with the lease is known to be dead; the embedded mode reclaims the task at startup.
    case reclaim
    /// A client cancels the task.
    case cancel
    /// A client replays a failed task.
    case replay
    /// The dispatcher publishes a dispatch message.
    case dispatch
    /// The dispatcher holds the task in the store until its organisation's turn.
    case hold
    /// It is the organisation's turn; the dispatcher publishes a dispatch message.
    case takeTurn
    /// The broker has acknowledged the dispatch message with this sequence.
    case acknowledgeDispatch(sequence: Int)
    /// All dispatch messages acknowledged before then have been delivered, so if a task still waits, its message was lost.
    case redeliverLost(before: Timestamp)
    /// These outbox events have been published.
    case acknowledgeEvents(Set<String>)
    /// A client deletes the task and its objects.
    case delete
}

/// Why a transition does not apply; the task is unchanged.
package enum TransitionError: Error, Sendable, Hashable {
    /// The transition is not possible from this status.
    case wrongStatus(TaskStatus)
    /// The task has been claimed again in the meantime.
    case fenced
    /// It is too early.
    case notDue
    /// Cancellation has been requested.
    case cancelRequested
    /// The dispatch message is not the latest one.
    case superseded
    /// There is nothing to change.
    case unchanged
    /// The same claim has already completed the task; the response to that call was lost.
    case alreadyCompleted
    /// The task has been deleted.
    case deleted
    /// Too many events of the task are not published yet.
    case eventsWaiting
}

/// The outcome of a transition in a store.
package enum TransitionOutcome: Sendable, Hashable {
    case changed(TaskRecord)
    /// The transition does not apply; contains the current task.
    case refused(TransitionError, TaskRecord)
    /// There is no such task.
    case missing
}

/// Conversions to the results of store methods.
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

    /// The completed task, also if this claim has completed it earlier; nil if the claim is lost.
    package var completed: TaskRecord? {
        if case .refused(.alreadyCompleted, let task) = self { return task }
        return changed
    }

    /// The cancelled task, or a task whose worker has been requested to stop, by this call or an earlier one; nil if there is none.
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

    /// The restarted task; nil if there is none.
    ///
    /// - Throws: `PixelFlowError` of kind `.conflict` if the task has not failed, or too many of its events wait.
    package func replayed() throws(PixelFlowError) -> TaskRecord? {
        switch self {
        case .changed(let task): return task
        case .refused(.eventsWaiting, _):
            throw PixelFlowError(
                .conflict, code: "task_events_waiting",
                "Too many events of earlier failures of the task are not published yet; try again later.", retry: .transient,
                retryAfter: 5)
        case .refused(_, let task):
            throw PixelFlowError(
                .conflict, code: "task_not_failed", "The task is \(task.status.rawValue); only FAILED tasks can be replayed.")
        case .missing: return nil
        }
    }
}
