package import PixelFlowCore

extension BlobStore {
    /// Removes the objects that runs of a final task have stored and that its manifest does not contain.
    ///
    /// Call it before the task's last event counts as published: a process that dies in between
    /// leaves the event due, and the dispatcher that publishes it again removes the objects first.
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
    /// A first run that completes the task stores only the objects in its manifest, so most tasks need no listing.
    fileprivate var mayHaveUnreferencedObjects: Bool { epoch > 1 || (epoch == 1 && status != .completed) }
}

extension BlobKey {
    /// The run that an object of the form `tenant/task/generation/epoch/name` is from.
    fileprivate var epoch: Int? {
        let parts = rawValue.split(separator: "/")
        return parts.count == 5 ? Int(parts[3]) : nil
    }
}
