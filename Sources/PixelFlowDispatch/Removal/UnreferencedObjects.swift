package import PixelFlowCore

extension BlobStore {
    /// Removes objects that runs of a final task have stored but that are not in its manifest.
    ///
    /// Call this before acknowledging the task's last event: if the process dies in between,
    /// the event stays due, and the dispatcher removes the objects before it publishes the event again.
    /// Later runs, after a replay of the task, are not affected.
    package func deleteUnreferenced(of task: TaskRecord) async throws {
        guard task.status.isFinal, task.mayHaveUnreferencedObjects else { return }
        let kept = Set(task.outputs.compactMap(\.image?.key) + [task.sourceKey].compactMap { $0 })
        for key in try await keys(task.blobPrefix) where !kept.contains(key) {
            if let epoch = key.epoch, epoch <= task.epoch { try await remove(key) }
        }
    }
}

extension TaskRecord {
    /// False for tasks that their first run has completed, which stores only objects in the manifest. So most tasks need no listing.
    fileprivate var mayHaveUnreferencedObjects: Bool { epoch > 1 || (epoch == 1 && status != .completed) }
}

extension BlobKey {
    /// The epoch in a key of the form `tenant/task/generation/epoch/name`.
    fileprivate var epoch: Int? {
        let parts = rawValue.split(separator: "/")
        return parts.count == 5 ? Int(parts[3]) : nil
    }
}
