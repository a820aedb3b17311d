package import PixelFlowCore

extension BlobStore {
    /// Removes what runs of a final task have stored and its manifest does not name.
    ///
    /// To be done before the task's last event counts as published: a process that dies in between
    /// leaves the event due, and the dispatcher that sends it again removes the objects first.
    /// Runs that come after, because the task has been replayed meanwhile, are left alone.
    package func deleteUnreferenced(of task: TaskRecord) async throws {
        guard task.status.isFinal, task.mayHaveUnreferencedObjects else { return }
        let kept = Set(task.outputs.compactMap(\.image?.key) + [task.sourceKey].compactMap { $0 })
        for key in try await keys(task.blobPrefix) where !kept.contains(key) {
            if let epoch = key.epoch, epoch <= task.epoch { try await remove(key) }
        }
    }
}

extension TaskRecord {
    /// The first run, if it completes the task, stores nothing but what it names; so most tasks cost no look.
    fileprivate var mayHaveUnreferencedObjects: Bool { epoch > 1 || (epoch == 1 && status != .completed) }
}

extension BlobKey {
    /// The run that an object of the form `tenant/task/generation/epoch/name` is from.
    fileprivate var epoch: Int? {
        let parts = rawValue.split(separator: "/")
        return parts.count == 5 ? Int(parts[3]) : nil
    }
}
