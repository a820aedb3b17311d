import PixelFlowCore

enum Sample {
    static let tenant = TenantID("tenant")

    static func task(
        at time: Timestamp = SystemClock().now(), of tenant: TenantID = Sample.tenant, idempotencyKey: String? = nil
    ) -> TaskRecord {
        TaskRecord(
            id: TaskID.make(at: time), tenant: tenant, owner: UserID("user"), source: .url("https://example.com/a.jpg"),
            pipeline: Pipeline(outputs: [OutputSpec(name: "image")]), idempotencyKey: idempotencyKey, fingerprint: "print",
            requestID: "request", createdAt: time)
    }

    static func manifest(of task: TaskRecord) -> Manifest {
        let image = StoredImage(key: .output("image", of: task), format: .webp, width: 1, height: 1, frames: 1, bytes: 1, sha256: "00")
        return Manifest(
            sourceMetadata: SourceMetadata(format: "png", width: 1, height: 1, bytes: 1), outputs: [TaskOutput(name: "image", image: image)]
        )
    }
}
