package import PixelFlowCore

/// A task with a value in every field, whose encoded forms are stored for each release.
package enum ReleaseSample {
    private static let created = Timestamp(microseconds: 1_767_225_600_123_456)
    private static func after(_ seconds: Int) -> Timestamp { created + .seconds(seconds) }

    package static let task: TaskRecord = {
        let id = TaskID("019b76da-a800-7000-8000-000000000001")
        let tenant = TenantID("019b76da-a800-7000-8000-00000000000a")
        var task = TaskRecord(
            id: id, tenant: tenant, owner: UserID("019b76da-a800-7000-8000-00000000000b"), source: .url("https://example.com/a.jpg"),
            pipeline: Pipeline(outputs: [OutputSpec(name: "small"), OutputSpec(name: "large")]), preset: "web", lane: .high,
            idempotencyKey: "key–1", fingerprint: "print", requestID: "request–1", createdAt: created)
        task.status = .completed
        task.generation = 2
        task.epoch = 3
        task.attempts = 4
        task.crashes = 1
        task.losses = 2
        task.outages = 3
        task.failingSince = after(1)
        task.lease = Lease(worker: WorkerID("worker-1"), until: after(30))
        task.nextRunAt = after(2)
        task.dispatch = Dispatch(sequence: 5, due: after(3), acknowledged: 4, acknowledgedAt: after(4), isHeld: true)
        task.cancelRequested = true
        task.fetchedSource = StoredSource(
            key: BlobKey(rawValue: "tasks/source"), bytes: 1_234, sha256: "aa", contentType: "image/jpeg")
        task.sourceMetadata = SourceMetadata(
            format: "jpeg", width: 1_600, height: 1_200, bytes: 1_234, frames: 1, orientation: 6, hasAlpha: true, blurhash: "LKO2",
            dominantColor: "#7090b0")
        task.outputs = [
            TaskOutput(
                name: "small",
                image: StoredImage(
                    key: BlobKey(rawValue: "tasks/small"), format: .webp, width: 640, height: 480, frames: 1, bytes: 99, sha256: "bb")),
            TaskOutput(name: "large", error: TaskError(code: "output_too_large", message: "It is too large.")),
        ]
        task.error = TaskError(code: "some_outputs_failed", message: "One of two outputs failed.")
        task.outbox = [OutboxEvent(id: "\(id)/2/3/completed", status: .completed, at: after(5))]
        task.history = [
            HistoryEntry(at: created, status: .pending, reason: "created", generation: 1, epoch: 0),
            HistoryEntry(at: after(2), status: .processing, reason: "claimed", generation: 2, epoch: 3, worker: WorkerID("worker-1")),
        ]
        task.revision = 7
        task.updatedAt = after(6)
        task.startedAt = after(2)
        task.completedAt = after(5)
        task.deletedAt = after(7)
        return task
    }()

    package static let dispatch = DispatchMessage(task)
    /// The version of the document's last write.
    package static let version: Int64 = 9_007_199_254_740_993
}
