import HTTPTypes
import Hummingbird
import Logging
import Metrics
import PixelFlowCore
import PixelFlowDispatch
import PixelFlowHTTP
import PixelFlowTelemetry
import PixelFlowURL
import Tracing

/// `POST /api/upload`: creates a task from an image or its URL.
struct UploadRoutes: Sendable {
    let dependencies: APIDependencies
    let limits: ImageLimits
    let ports: AllowedPorts
    let views: TaskViews
    let created: CreatedTasks
    let admission: UploadAdmission
    let queues: QueueLimit

    var routes: [Route] { [UploadDescription.route(limits: limits, handler: upload)] }

    @Sendable private func upload(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let principal = try context.requirePrincipal()
        let key = try idempotencyKey(request)
        let ticket = try admission.enter(principal)
        if let key, let first = try await dependencies.tasks.find(idempotencyKey: key, of: principal.tenant) {
            return try await repeatResponse(request, with: first, ticket)
        }
        // Check before reading the body, so that the client does not send an upload that cannot be stored.
        try await dependencies.blobs.requireRoom()
        try await queues.admit(principal.tenant)
        let id = TaskID.make(at: dependencies.clock.now())
        let task: TaskRecord
        do {
            task = try await accept(request, key, context, as: id, ticket)
        } catch {
            // The upload was rejected, so its stored image must be removed.
            await discard(id, principal.tenant, context)
            throw error
        }
        return try await create(task, context)
    }

    /// A used key identifies a request. Only the content decides whether this is the same request: in the meantime, its preset may have
    /// been changed, its watermark deleted, or limits lowered. Stores nothing.
    private func repeatResponse(
        _ request: Request, with first: TaskRecord, _ ticket: UploadAdmission.Ticket
    ) async throws -> Response {
        let limit = SourceLimit(bytes: max(limits.sourceBytes, first.uploadedBytes))
        let (uploadRequest, upload) = try await UploadBody(request: request, limit: limit).read { image in
            try await image.measured(limit: limit, ticket, as: .upload(first.id, tenant: first.tenant)) { bytes in
                for try await _ in bytes {}
            }
        }
        return try response(first, ifMadeBy: try uploadRequest.fingerprint(imageSHA256: upload?.sha256))
    }

    /// Reads and validates the request, and stores the image if one was sent.
    private func accept(
        _ request: Request, _ key: String?, _ context: AppRequestContext, as id: TaskID, _ ticket: UploadAdmission.Ticket
    ) async throws -> TaskRecord {
        let principal = try context.requirePrincipal()
        let limit = SourceLimit(bytes: limits.sourceBytes, quota: try await dependencies.usage.quota(of: principal.tenant))
        let (uploadRequest, upload) = try await UploadBody(request: request, limit: limit).read { image in
            try await store(image, id, principal.tenant, limit, ticket)
        }
        let source = try source(uploadRequest, upload)
        let batch = try await batch(uploadRequest.batch, principal.tenant)
        let (pipeline, lane) = try await uploadRequest.resolve(dependencies.presets, in: batch, for: principal)
        try await checkWatermarks(pipeline, principal.tenant)
        // The key that signs the task's messages must exist before the task.
        if uploadRequest.webhookURL != nil { _ = try await webhooks.organisation(principal.tenant) }
        return TaskRecord(
            id: id, tenant: principal.tenant, owner: principal.user, source: source, pipeline: pipeline, preset: uploadRequest.preset,
            lane: lane, batch: batch?.id, webhookURL: uploadRequest.webhookURL, idempotencyKey: key,
            fingerprint: try uploadRequest.fingerprint(imageSHA256: upload?.sha256),
            requestID: context.requestID, trace: TraceHeaders.current,
            createdAt: dependencies.clock.now())
    }

    /// If the store does not respond, it may have added the task nevertheless, so the image is kept.
    private func create(_ task: TaskRecord, _ context: AppRequestContext) async throws -> Response {
        var task = task
        if let turns = dependencies.turns { task.dispatch.isHeld = !turns.mayPass(task.lane, of: task.tenant) }
        switch try await add(task, context) {
        case .created(let task):
            created.count(task)
            // Links the id of the request to that of the task, so that logs can be searched by either.
            context.logger.info("task created", metadata: ["task_id": "\(task.id)"])
            if task.dispatch.isHeld { dependencies.turns?.noteHeld([task]) } else { dependencies.publisher.enqueue([task]) }
            dependencies.publisher.publish(task)
            dependencies.quotaWatch?.note(task.tenant)
            return try response(task)
        case .existing(let existing):
            await discard(task.id, task.tenant, context)
            return try response(existing, ifMadeBy: task.fingerprint)
        }
    }

    /// Errors of the store that mean that the task was not added.
    private static let refusals: Set<String> = [
        "quota_exceeded", "unknown_batch", "batch_closed", "insufficient_storage", "task_database_busy",
    ]

    /// - Throws: one of `refusals` if the task was not added for that reason; its image has then been removed.
    private func add(_ task: TaskRecord, _ context: AppRequestContext) async throws -> Creation {
        // Also for a task whose response was lost.
        defer { dependencies.publisher.noteChange(task.id, of: task.tenant) }
        do {
            return try await withSpan("create task") { span in
                span.attributes["pixelflow.task.id"] = task.id.rawValue
                return try await dependencies.tasks.create(task)
            }
        } catch let error as PixelFlowError where Self.refusals.contains(error.code) {
            await discard(task.id, task.tenant, context)
            // The replica that has used the quota up may be of a version that cannot read every webhook.
            if error.code == "quota_exceeded" { dependencies.quotaWatch?.note(task.tenant) }
            throw error
        }
    }

    /// - Throws: `idempotency_key_reused` if a different request created the task.
    private func response(_ task: TaskRecord, ifMadeBy fingerprint: String) throws -> Response {
        guard task.fingerprint == fingerprint else {
            throw PixelFlowError(
                .invalid, code: "idempotency_key_reused",
                "This Idempotency-Key was already used for a different request.", field: "Idempotency-Key")
        }
        return try response(task)
    }

    private func response(_ task: TaskRecord) throws -> Response {
        .json(bytes: try views.json(task), status: .accepted, headers: [.location: "/api/tasks/\(task.id)"])
    }

    // MARK: Source

    private func source(_ uploadRequest: UploadRequest, _ upload: TaskSource.Upload?) throws -> TaskSource {
        if let upload { return .upload(upload) }
        guard let url = uploadRequest.imageURL else { throw PixelFlowError.invalid("image_url", "image_url is missing.") }
        return .url(try UploadRequest.checked(url: url, ports: ports))
    }

    private func store(
        _ image: UploadBody.Image, _ id: TaskID, _ tenant: TenantID, _ limit: SourceLimit, _ ticket: UploadAdmission.Ticket
    ) async throws -> TaskSource.Upload {
        let key = BlobKey.upload(id, tenant: tenant)
        return try await image.measured(limit: limit, ticket, as: key) { bytes in
            // Takes as long as the client takes to send the image, because it is stored while it arrives.
            try await withSpan("store upload") { _ in _ = try await dependencies.blobs.write(key, from: bytes) }
        }
    }

    // MARK: Checks

    /// An early check; the store checks again when it adds the task.
    private func batch(_ id: BatchID?, _ tenant: TenantID) async throws -> Batch? {
        guard let id else { return nil }
        guard let batch = try await dependencies.batches.batch(id, of: tenant) else { throw PixelFlowError.unknownBatch(id.rawValue) }
        guard batch.state == .open else { throw PixelFlowError.batchClosed(id) }
        return batch
    }

    private var webhooks: WebhookEndpoints { WebhookEndpoints(store: dependencies.webhooks, clock: dependencies.clock) }

    private func idempotencyKey(_ request: Request) throws -> String? {
        guard let name = HTTPField.Name("idempotency-key"), let key = request.headers[name] else { return nil }
        guard (1...255).contains(key.utf8.count) else {
            throw PixelFlowError.invalid("Idempotency-Key", "Idempotency-Key must be 1 to 255 bytes long.")
        }
        return key
    }

    private func checkWatermarks(_ pipeline: Pipeline, _ tenant: TenantID) async throws {
        let marks = pipeline.overlays
        guard !marks.isEmpty else { return }
        let usable = Set(try await dependencies.tasks.find(marks, of: tenant).filter { $0.sourceKey != nil }.map(\.id))
        for id in marks where !usable.contains(id) {
            let field = pipeline.path(ofOverlay: id).map { "pipeline.\($0)" } ?? "pipeline"
            throw PixelFlowError.invalid(
                field, "No task with the id \(id) has an uploaded image.", code: "watermark_missing")
        }
    }

    /// Runs in a separate task: if the client has disconnected, the current one is cancelled, but the upload must still be removed.
    private func discard(_ id: TaskID, _ tenant: TenantID, _ context: AppRequestContext) async {
        let (blobs, logger) = (dependencies.blobs, context.logger)
        await Task {
            do {
                try await blobs.remove(.task(id, tenant: tenant))
            } catch {
                logger.warning("upload not removed", metadata: ["task_id": "\(id)", "error": "\(error)"])
            }
        }.value
    }
}

/// Counts accepted tasks by the origin of their image.
struct CreatedTasks: Sendable {
    private let uploads: Counter
    private let urls: Counter

    init(_ factory: any MetricsFactory) {
        uploads = Counter(label: "tasks_created_total", dimensions: [("source", "upload")], factory: factory)
        urls = Counter(label: "tasks_created_total", dimensions: [("source", "url")], factory: factory)
    }

    func count(_ task: TaskRecord) {
        switch task.source {
        case .upload: uploads.increment()
        case .url: urls.increment()
        }
    }
}
