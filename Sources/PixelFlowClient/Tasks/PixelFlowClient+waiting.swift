import AsyncPrimitives

extension PixelFlowClient {
    /// The first and the longest time between two polls of a task.
    private static let pollIntervals = (first: Duration.milliseconds(500), longest: Duration.seconds(5))

    /// Waits until a task has finished, successfully or not.
    ///
    /// It follows the event stream, and polls the task if no stream is available.
    ///
    /// - Parameters:
    ///   - limit: 5 minutes by default.
    ///   - onChange: receives the current state of the task, and again after every change.
    /// - Throws: `ClientError.timedOut` after the limit, and `ClientError.taskDeleted`.
    public func wait(
        for id: String, within limit: Duration = .seconds(300), onChange: @escaping @Sendable (ImageTask) -> Void = { _ in }
    ) async throws -> ImageTask {
        try await cancelling(after: limit, throwing: ClientError.timedOut("the end of the task \(id)")) {
            do {
                return try await listen(for: id, onChange)
            } catch let error as ClientError where error == .taskDeleted(id) {
                throw error
            } catch {
                try Task.checkCancellation()
                // If the task or the service is the problem, polling reports it as well.
                return try await poll(for: id, onChange)
            }
        }
    }

    private func listen(for id: String, _ onChange: @Sendable (ImageTask) -> Void) async throws -> ImageTask {
        for try await event in events(ofTask: id) {
            let task: ImageTask
            switch event.change {
            // A stream that continues after an event begins with the current state of the task, or with what was missed.
            case .opened where event.id != nil: continue
            // Otherwise, it does not report changes from before it opened.
            case .opened, .reset: task = try await self.task(id)
            case .task(let changed) where changed.id == id: task = changed
            case .deleted(id): throw ClientError.taskDeleted(id)
            case .task, .deleted, .other: continue
            }
            onChange(task)
            if task.status.isFinal { return task }
        }
        throw ClientError.brokenOff("the event stream has ended")
    }

    private func poll(for id: String, _ onChange: @Sendable (ImageTask) -> Void) async throws -> ImageTask {
        var interval = Self.pollIntervals.first
        while true {
            let task = try await task(id)
            onChange(task)
            if task.status.isFinal { return task }
            try await Task.sleep(for: interval)
            interval = min(interval * 2, Self.pollIntervals.longest)
        }
    }
}
