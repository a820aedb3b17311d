import PixelFlowCore

/// Invariants between a task before and after any step.
enum Invariants {
    /// A description of the first violated invariant; nil if all hold.
    static func fault(
        _ before: TaskRecord, _ transition: TaskTransition, _ refusal: TransitionError?, _ after: TaskRecord
    ) -> String? {
        if refusal != nil { return before == after ? nil : "a refusal changed the task" }
        return counters(before, after) ?? automaton(before, transition, after) ?? visibility(before, after) ?? shape(after)
            ?? outbox(before, transition, after)
    }

    private static func counters(_ before: TaskRecord, _ after: TaskRecord) -> String? {
        if after.epoch < before.epoch || after.epoch > before.epoch + 1 { return "the epoch jumped" }
        if after.generation < before.generation || after.generation > before.generation + 1 { return "the generation jumped" }
        if after.attempts < 0 || after.attempts > TaskPolicy.standard.maxAttempts + TaskPolicy.standard.maxCrashes {
            return "attempts out of range"
        }
        if !(0...TaskPolicy.standard.maxCrashes).contains(after.crashes) { return "crashes out of range" }
        if !(0...TaskPolicy.standard.maxLosses).contains(after.losses) { return "losses out of range" }
        if let since = before.failingSince, after.generation == before.generation, after.failingSince != since {
            return "the time of the first failure moved"
        }
        if after.dispatch.sequence < before.dispatch.sequence { return "the sequence went back" }
        return nil
    }

    private static func automaton(_ before: TaskRecord, _ transition: TaskTransition, _ after: TaskRecord) -> String? {
        guard before.status != after.status else { return nil }
        let allowed: [TaskStatus: Set<TaskStatus>] = [
            .pending: [.processing, .cancelled], .processing: [.pending, .completed, .failed, .cancelled], .failed: [.pending],
        ]
        if allowed[before.status]?.contains(after.status) != true { return "\(before.status) led to \(after.status)" }
        if before.status.isFinal, transition != .replay { return "left a final status without a replay" }
        if (after.status == .processing) != (after.epoch == before.epoch + 1) { return "the epoch does not count the claims" }
        return nil
    }

    private static func visibility(_ before: TaskRecord, _ after: TaskRecord) -> String? {
        let changed =
            before.status != after.status || before.outputs != after.outputs || before.error != after.error
            || before.cancelRequested != after.cancelRequested || before.deletedAt != after.deletedAt
            || before.generation != after.generation || before.attempts != after.attempts
        if changed, after.revision != before.revision + 1 { return "a visible change without a new revision" }
        if !changed, after.revision != before.revision { return "a new revision without a visible change" }
        if after.updatedAt < before.updatedAt { return "the time of the change went back" }
        return nil
    }

    private static func shape(_ task: TaskRecord) -> String? {
        if (task.status == .processing) != (task.lease != nil) { return "a lease in \(task.status)" }
        if task.status.isFinal != (task.completedAt != nil) { return "a completion time in \(task.status)" }
        if task.cancelRequested, task.status != .processing { return "a request to cancel in \(task.status)" }
        if task.status == .failed, task.error == nil { return "FAILED without a reason" }
        if task.status == .completed || task.status == .cancelled, task.error != nil { return "\(task.status) with an error" }
        if task.status == .completed, task.outputs.isEmpty { return "COMPLETED without a manifest" }
        if task.status == .pending, task.dispatch.due == .distantFuture { return "PENDING and never dispatched" }
        if task.history.count > TaskStateMachine.historyLimit { return "history beyond its limit" }
        if task.history.first?.reason != "created" { return "history without its beginning" }
        if task.history.last?.status != task.status { return "history that ends in another status" }
        return nil
    }

    private static func outbox(_ before: TaskRecord, _ transition: TaskTransition, _ after: TaskRecord) -> String? {
        let known = Set(before.outbox.map(\.id))
        let added = after.outbox.filter { !known.contains($0.id) }
        let reachedFinal = before.status != after.status && after.status.isFinal
        if added.count != (reachedFinal ? 1 : 0) { return "\(added.count) events for one step" }
        if reachedFinal, added.first?.status != after.status { return "an event of another status" }
        if Set(after.outbox.map(\.id)).count != after.outbox.count { return "two events with one id" }
        if after.outbox.count < before.outbox.count {
            guard case .acknowledgeEvents = transition else { return "an event was lost" }
        }
        return nil
    }
}
