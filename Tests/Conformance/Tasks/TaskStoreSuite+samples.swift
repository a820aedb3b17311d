import PixelFlowCore

/// Sample tasks.
extension TaskStoreSuite {
    static var tenant: TenantID { TenantID("tenant-a") }
    static var stranger: TenantID { TenantID("tenant-b") }
    static var workerID: WorkerID { WorkerID("worker-1") }

    func sample(
        of tenant: TenantID = Self.tenant, key: String? = nil, fingerprint: String = "print", at time: Timestamp? = nil,
        source: TaskSource? = nil, owner: UserID = UserID("user"), lane: Lane = .normal, batch: BatchID? = nil, isHeld: Bool = false
    ) -> TaskRecord {
        let time = time ?? now
        let id = TaskID.make(at: time)
        let upload = TaskSource.Upload(
            filename: "Füße.jpg", contentType: "image/jpeg", bytes: 12_345, sha256: String(repeating: "a", count: 64),
            key: .upload(id, tenant: tenant))
        var task = TaskRecord(
            id: id, tenant: tenant, owner: owner, source: source ?? .upload(upload),
            pipeline: BuiltInPresets.all["web"] ?? Pipeline(outputs: []),
            preset: "web", lane: lane, batch: batch, idempotencyKey: key, fingerprint: fingerprint, requestID: "request",
            trace: TraceHeaders(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate: "a=1"), createdAt: time)
        task.dispatch.isHeld = isHeld
        return task
    }

    /// A new task in the store.
    @discardableResult
    func add(
        of tenant: TenantID = Self.tenant, key: String? = nil, at time: Timestamp? = nil, owner user: UserID = UserID("user"),
        lane: Lane = .normal, batch: BatchID? = nil, isHeld: Bool = false
    ) async throws -> TaskRecord {
        let sample = sample(of: tenant, key: key, at: time, owner: user, lane: lane, batch: batch, isHeld: isHeld)
        guard case .created(let task) = try await owner.create(sample) else {
            throw ConformanceFailure("a new task was not added", file: #fileID, line: #line)
        }
        return task
    }

    /// A new task that a worker has claimed.
    func addClaimed(of tenant: TenantID = Self.tenant) async throws -> TaskRecord {
        try await claim(try await add(of: tenant))
    }

    func claim(_ task: TaskRecord, by worker: WorkerID = Self.workerID) async throws -> TaskRecord {
        try await soon("claim") { try await self.worker.claim(task.id, by: worker) }
    }

    /// A new task in the given status.
    func add(
        _ status: TaskStatus, of tenant: TenantID = Self.tenant, owner user: UserID = UserID("user")
    ) async throws -> TaskRecord {
        let task = try await add(of: tenant, owner: user)
        if status == .pending { return task }
        if status == .cancelled { return try requireValue(try await owner.cancel(task.id, of: tenant), "not cancelled") }
        let claimed = try await claim(task)
        switch status {
        case .completed: return try requireValue(try await worker.complete(claimed.claim, with: manifest(of: claimed)), "not completed")
        case .failed: return try requireValue(try await worker.fail(claimed.claim, with: failure(.permanent)), "not failed")
        case .pending, .processing, .cancelled: return claimed
        }
    }

    func manifest(of task: TaskRecord, sha256: String = "feed") -> Manifest {
        let image = StoredImage(
            key: .output("web", of: task), format: .webp, width: 320, height: 200, frames: 1, bytes: 4_321, sha256: sha256)
        return Manifest(
            sourceMetadata: SourceMetadata(format: "jpeg", width: 4000, height: 3000, bytes: 12_345, orientation: 6, blurhash: "LEHV6n"),
            outputs: [
                TaskOutput(name: "web", image: image),
                TaskOutput(name: "hero", error: TaskError(code: "output_too_large", message: "Too large.")),
            ])
    }

    func failure(_ retry: PixelFlowError.Retry, code: String = "went_wrong") -> TaskFailure {
        TaskFailure(error: TaskError(code: code, message: "It went wrong."), retry: retry)
    }

    /// The current task in the store.
    func stored(_ task: TaskRecord, file: String = #fileID, line: Int = #line) async throws -> TaskRecord {
        try requireValue(try await owner.find(task.id, of: task.tenant), "task \(task.id) is gone", file: file, line: line)
    }

    /// Requires that the task in the store is unchanged.
    func requireUnchanged(_ task: TaskRecord, _ what: String, file: String = #fileID, line: Int = #line) async throws {
        try requireEqual(try await stored(task, file: file, line: line), task, "\(what) changed the task", file: file, line: line)
    }
}
