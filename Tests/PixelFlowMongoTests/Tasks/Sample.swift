import PixelFlowCore
import PixelFlowMongo
import Testing

/// Sample tasks.
enum Sample {
    static let tenant = TenantID("tenant-a")
    static let worker = WorkerID("worker-1")

    static func task(of tenant: TenantID = Self.tenant, key: String? = nil, source: TaskSource? = nil) -> TaskRecord {
        let now = SystemClock().now()
        let id = TaskID.make(at: now)
        let upload = TaskSource.Upload(
            filename: "a.jpg", contentType: "image/jpeg", bytes: 1, sha256: "aa", key: .upload(id, tenant: tenant))
        return TaskRecord(
            id: id, tenant: tenant, owner: UserID("user"), source: source ?? .upload(upload),
            pipeline: BuiltInPresets.all["web"] ?? Pipeline(outputs: []), idempotencyKey: key, fingerprint: "print",
            requestID: "request", createdAt: now)
    }

    static func manifest(of task: TaskRecord) -> Manifest {
        let image = StoredImage(key: .output("web", of: task), format: .webp, width: 3, height: 2, frames: 1, bytes: 4, sha256: "cc")
        return Manifest(
            sourceMetadata: SourceMetadata(format: "jpeg", width: 3, height: 2, bytes: 1), outputs: [TaskOutput(name: "web", image: image)])
    }
}

extension MongoTaskStore {
    /// Adds a new task and returns it as the store holds it.
    func add(_ task: TaskRecord = Sample.task()) async throws -> TaskRecord {
        guard case .created(let created) = try await create(task) else { throw NotCreated() }
        return created
    }

    /// Adds a new task and claims it for a worker.
    func addClaimed() async throws -> TaskRecord {
        let task = try await add()
        return try #require(try await claim(task.id, by: Sample.worker))
    }

    struct NotCreated: Error {}
}
