import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import PixelFlowCore
import PixelFlowDispatch
import PixelFlowHTTP

/// `POST /api/upload`: an image or its URL in, a task out.
struct UploadRoutes: Sendable {
    let tools: APITools
    let limits: ImageLimits
    let views: TaskViews
    let created: CreatedTasks
    let admission: UploadAdmission

    func add(to router: RouterGroup<AppRequestContext>) {
        router.post("upload", use: upload)
    }

    @Sendable private func upload(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let id = TaskID.make(at: tools.clock.now())
        let task: TaskRecord
        do {
            task = try await accept(request, context, as: id)
        } catch {
            // Nothing was accepted, so nothing of it stays.
            await discard(id, try context.requirePrincipal().tenant, context)
            throw error
        }
        return try await create(task, context)
    }

    /// Reads and checks everything; stores the image, where it was sent along.
    private func accept(_ request: Request, _ context: AppRequestContext, as id: TaskID) async throws -> TaskRecord {
        let principal = try context.requirePrincipal()
        let key = try idempotencyKey(request)
        // Both before a byte is read: what cannot be kept need not be sent.
        let ticket = try admission.enter(principal.user)
        try await tools.blobs.requireRoom()
        let (order, source) = try await read(request, id, principal.tenant, ticket)
        let pipeline = try await order.resolvePipeline(tools.presets, of: principal.tenant)
        try await checkWatermarks(pipeline, principal.tenant)
        return TaskRecord(
            id: id, tenant: principal.tenant, owner: principal.user, source: source, pipeline: pipeline, preset: order.preset,
            idempotencyKey: key, fingerprint: try fingerprint(source, pipeline), requestID: context.requestID,
            createdAt: tools.clock.now())
    }

    /// Where the store does not answer, the task may have been added all the same; so the image stays.
    private func create(_ task: TaskRecord, _ context: AppRequestContext) async throws -> Response {
        switch try await tools.tasks.create(task) {
        case .created(let task):
            created.count(task)
            // From here on the task can be found in every log by either of its names.
            context.logger.info("task created", metadata: ["task_id": "\(task.id)"])
            tools.announcer.wake([task])
            tools.announcer.announce(task)
            return try response(task)
        case .existing(let existing):
            try await tools.blobs.remove(task.blobPrefix)
            guard existing.fingerprint == task.fingerprint else {
                throw PixelFlowError(
                    .invalid, code: "idempotency_key_reused", "This Idempotency-Key was used for another request.",
                    field: "Idempotency-Key")
            }
            return try response(existing)
        }
    }

    private func response(_ task: TaskRecord) throws -> Response {
        .json(bytes: try views.json(task), status: .accepted, headers: [.location: "/api/tasks/\(task.id)"])
    }

    // MARK: Reading

    private func read(
        _ request: Request, _ id: TaskID, _ tenant: TenantID, _ ticket: UploadAdmission.Ticket
    ) async throws -> (UploadRequest, TaskSource) {
        switch request.mediaType ?? "" {
        case _ where request.isCalledJSON:
            let body = try await request.collectBody(limit: 1 << 20)
            let order = try UploadRequest(json: JSONValue(parsing: Data(body.readableBytesView)))
            guard let url = order.imageURL else { throw PixelFlowError.invalid("image_url", "image_url is missing.") }
            return (order, .url(url))
        case "multipart/form-data":
            var form = try MultipartUpload(body: request.body, contentType: request.headers[.contentType] ?? "")
            let (order, upload) = try await form.read { filename, contentType, bytes in
                try await store(bytes, id, tenant, ticket, filename: filename, contentType: contentType)
            }
            return (order, .upload(upload))
        case let media where media.hasPrefix("image/") || media == "application/octet-stream":
            try refuseAnnouncedExcess(request)
            let upload = try await store(request.body, id, tenant, ticket, filename: nil, contentType: media)
            let query = request.uri.queryParameters
            let order = try UploadRequest(
                pipeline: query.get("pipeline").map { Data($0.utf8) }, preset: query.get("preset"))
            return (order, .upload(upload))
        default:
            throw PixelFlowError(
                .unsupportedMediaType, code: "unsupported_media_type",
                "Send application/json with an image_url, multipart/form-data with a file, or the image itself.")
        }
    }

    /// Saves a client from sending what will be refused anyway.
    private func refuseAnnouncedExcess(_ request: Request) throws {
        guard let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limits.sourceBytes else { return }
        throw PixelFlowError(.tooLarge, code: "body_too_large", "The image is larger than \(limits.sourceBytes) bytes.")
    }

    private func store(
        _ bytes: ByteStream, _ id: TaskID, _ tenant: TenantID, _ ticket: UploadAdmission.Ticket, filename: String?,
        contentType: String?
    ) async throws -> TaskSource.Upload {
        let measure = StreamMeasure(limit: limits.sourceBytes, ticket: ticket)
        let key = BlobKey.upload(id, tenant: tenant)
        _ = try await write(bytes, measure, key)
        guard measure.bytes > 0 else { throw PixelFlowError.invalid("file", "The image is empty.", code: "empty_image") }
        return TaskSource.Upload(
            filename: filename.map(Self.displayName), contentType: contentType, bytes: measure.bytes, sha256: measure.sha256, key: key)
    }

    private func write(
        _ bytes: some AsyncSequence<ByteBuffer, any Error> & Sendable, _ measure: StreamMeasure, _ key: BlobKey
    ) async throws -> Int {
        try await tools.blobs.write(key, from: MeasuredStream(base: bytes, measure: measure))
    }

    /// A file name to show: without folders and control characters, at most 255 characters.
    private static func displayName(_ name: String) -> String {
        let last = name.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last ?? ""
        return String(String.UnicodeScalarView(last.unicodeScalars.filter { $0.value >= 32 && $0.value != 127 }).prefix(255))
    }

    // MARK: Checks

    private func idempotencyKey(_ request: Request) throws -> String? {
        guard let name = HTTPField.Name("idempotency-key"), let key = request.headers[name] else { return nil }
        guard (1...255).contains(key.utf8.count) else {
            throw PixelFlowError.invalid("Idempotency-Key", "Idempotency-Key has to be 1 to 255 bytes long.")
        }
        return key
    }

    private func checkWatermarks(_ pipeline: Pipeline, _ tenant: TenantID) async throws {
        for id in pipeline.overlays where try await tools.tasks.find(id, of: tenant)?.sourceKey == nil {
            throw PixelFlowError.invalid(
                pipeline.path(ofWatermark: id), "There is no uploaded image with the task id \(id).", code: "watermark_missing")
        }
    }

    /// The same for two requests that ask for the same.
    private func fingerprint(_ source: TaskSource, _ pipeline: Pipeline) throws -> String {
        var hash = SHA256()
        switch source {
        case .url(let url): hash.update(data: Data("url \(url)\n".utf8))
        case .upload(let upload): hash.update(data: Data("bytes \(upload.sha256)\n".utf8))
        }
        hash.update(data: try pipeline.canonicalJSON())
        return hash.finalize().hexadecimal
    }

    /// A task of its own: a client that has gone has cancelled this one, and its upload has to vanish all the same.
    private func discard(_ id: TaskID, _ tenant: TenantID, _ context: AppRequestContext) async {
        let (blobs, logger) = (tools.blobs, context.logger)
        await Task {
            do {
                try await blobs.remove(.task(id, tenant: tenant))
            } catch {
                logger.warning("upload not removed", metadata: ["task_id": "\(id)", "error": "\(error)"])
            }
        }.value
    }
}

extension Pipeline {
    /// The path of the field that names this watermark.
    fileprivate func path(ofWatermark id: TaskID) -> String {
        for (output, spec) in outputs.enumerated() {
            for (operation, step) in spec.operations.enumerated() {
                if case .watermark(let mark) = step, mark.image == id {
                    return "pipeline.outputs[\(output)].operations[\(operation)].image"
                }
            }
        }
        return "pipeline"
    }
}
