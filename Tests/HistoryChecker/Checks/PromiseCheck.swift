import PixelFlowCore

/// Every accepted task exists, has the source that was sent, and ended as expected.
enum PromiseCheck {
    @Sendable static func violations(in history: History) -> [Violation] {
        let tasks = history.tasksByID
        return history.promises.flatMap { promise in
            guard let task = tasks[promise.task] else { return [Violation(.lostTask, promise.task, "accepted, and not there")] }
            return ending(promise, task) + source(promise, task)
        }
    }

    private static func ending(_ promise: Promise, _ task: TaskRecord) -> [Violation] {
        guard task.status.isFinal else { return [Violation(.wrongEnding, task.id, "still \(task.status.rawValue)")] }
        guard let expected = promise.ending, task.status != expected else { return [] }
        let reason = task.error.map { " (\($0.code))" } ?? ""
        return [Violation(.wrongEnding, task.id, "\(task.status.rawValue)\(reason) instead of \(expected.rawValue)")]
    }

    private static func source(_ promise: Promise, _ task: TaskRecord) -> [Violation] {
        guard let sent = promise.sourceSHA256 else { return [] }
        guard case .upload(let upload) = task.source, upload.sha256 == sent else {
            return [Violation(.wrongSource, task.id, "the stored source is not the one that was sent")]
        }
        return []
    }
}
