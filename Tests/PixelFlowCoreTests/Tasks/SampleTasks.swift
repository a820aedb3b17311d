import PixelFlowCore

/// Tasks in every status, created with the state machine.
enum SampleTasks {
    static let start = Timestamp(microseconds: 1_767_225_600_000_000)
    static let later = start + .seconds(1)
    static let machine = TaskStateMachine()
    static let worker = WorkerID("worker-1")

    static func make() -> TaskRecord {
        TaskRecord(
            id: TaskID("019b76da-a800-7000-8591-3a202586b1aa"), tenant: TenantID("tenant"), owner: UserID("user"),
            source: .url("https://example.com/a.jpg"), pipeline: .default, fingerprint: "print", requestID: "request", createdAt: start)
    }

    /// A task that reached `status` at `start`.
    static func make(_ status: TaskStatus) throws -> TaskRecord {
        var task = make()
        switch status {
        case .pending: return task
        case .cancelled: try machine.apply(.cancel, to: &task, at: start)
        case .processing, .completed, .failed:
            try machine.apply(.claim(worker: worker), to: &task, at: start)
            if status == .completed { try machine.apply(.complete(task.claim, manifest()), to: &task, at: start) }
            if status == .failed { try machine.apply(.fail(task.claim, failure(.permanent), jitter: 0), to: &task, at: start) }
        }
        return task
    }

    static func manifest(_ mark: String = "feed") -> Manifest {
        let image = StoredImage(
            key: BlobKey(rawValue: "t/a/1/1/image"), format: .webp, width: 3, height: 2, frames: 1, bytes: 10, sha256: mark)
        return Manifest(
            sourceMetadata: SourceMetadata(format: "jpeg", width: 30, height: 20, bytes: 100),
            outputs: [TaskOutput(name: "image", image: image)])
    }

    static func failure(_ retry: PixelFlowError.Retry) -> TaskFailure {
        TaskFailure(error: TaskError(code: "\(retry)", message: "It went wrong."), retry: retry)
    }
}
