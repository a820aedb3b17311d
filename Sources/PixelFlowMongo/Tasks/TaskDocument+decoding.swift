import PixelFlowCore

extension TaskDocument {
    /// - Throws: `BSONError` with the name of a missing or mistyped field.
    init(_ document: BSONDocument) throws {
        let fields = FieldsOfDocument(document)
        var task = TaskRecord(
            id: TaskID(try fields.string(Name.id)), tenant: TenantID(try fields.string(Name.tenant)),
            owner: UserID(try fields.string("owner")), source: try Self.source(try fields.fields("source")),
            pipeline: try PipelineText.decode(try fields.string("pipeline")), preset: fields["preset"]?.string,
            lane: Self.lane(fields[Name.lane]),
            batch: (fields[Name.batch] ?? fields[Name.releasedBatch])?.string.map { BatchID($0) },
            webhookURL: fields["webhook_url"]?.string,
            idempotencyKey: (fields[Name.idempotencyKey] ?? fields[Name.releasedKey])?.string,
            fingerprint: try fields.string("fingerprint"), requestID: try fields.string("request_id"),
            trace: try fields.optional("trace", Self.trace),
            createdAt: try fields.time(Name.createdAt))
        task.status = try fields.status(Name.status)
        task.generation = try fields.int(Name.generation)
        task.epoch = try fields.int(Name.epoch)
        task.attempts = try fields.int(Name.attempts)
        task.crashes = try fields.int("crashes")
        task.losses = try fields.int("losses")
        task.outages = try fields.int("outages")
        task.failingSince = fields.optionalTime("failing_since")
        task.lease = try fields.optional(Name.lease) {
            Lease(worker: WorkerID(try $0.string("worker")), until: try $0.time("until"))
        }
        task.nextRunAt = try fields.time(Name.nextRunAt)
        let dispatch = try fields.fields("dispatch")
        task.dispatch = Dispatch(
            sequence: try dispatch.int("sequence"), due: try dispatch.time("due"), acknowledged: try dispatch.int("acknowledged"),
            acknowledgedAt: dispatch.optionalTime("acknowledged_at"), isHeld: dispatch["held"]?.bool ?? false)
        task.cancelRequested = fields[Name.cancelRequested]?.bool ?? false
        task.fetchedSource = try fields.optional("fetched_source", Self.fetched)
        // Named `source_facts` in documents from before 1.0.
        task.sourceMetadata =
            try fields.optional("source_metadata", Self.sourceMetadata) ?? fields.optional("source_facts", Self.sourceMetadata)
        task.outputs = try fields.list("outputs").map(Self.output)
        task.error = try fields.optional("error", Self.error)
        task.outbox = try fields.list(Name.outbox).map { event in
            OutboxEvent(
                id: try event.string("id"), status: try event.status("status"), at: try event.time("at"),
                ended: try event.optional("ended", Self.ended))
        }
        task.history = try Self.history(try fields.list(Name.history))
        task.revision = try fields.int(Name.revision)
        task.updatedAt = try fields.time(Name.updatedAt)
        task.startedAt = fields.optionalTime(Name.startedAt)
        task.completedAt = fields.optionalTime(Name.completedAt)
        task.deletedAt = fields.optionalTime(Name.deletedAt)
        self.init(record: task, version: try fields.int64(Name.version))
    }

    /// - Parameter value: absent for the normal lane.
    static func lane(_ value: BSONValue?) -> Lane { value?.string.flatMap(Lane.init(rawValue:)) ?? .normal }

    private static func trace(_ fields: FieldsOfDocument) throws -> TraceHeaders {
        TraceHeaders(traceparent: try fields.string("traceparent"), tracestate: fields["tracestate"]?.string)
    }

    private static func source(_ fields: FieldsOfDocument) throws -> TaskSource {
        if let url = fields["url"]?.string { return .url(url) }
        return .upload(
            TaskSource.Upload(
                filename: fields["filename"]?.string, contentType: fields["content_type"]?.string, bytes: try fields.int("bytes"),
                sha256: try fields.string("sha256"), key: BlobKey(rawValue: try fields.string("key"))))
    }

    private static func fetched(_ fields: FieldsOfDocument) throws -> StoredSource {
        StoredSource(
            key: BlobKey(rawValue: try fields.string("key")), bytes: try fields.int("bytes"), sha256: try fields.string("sha256"),
            contentType: fields["content_type"]?.string)
    }

    private static func sourceMetadata(_ fields: FieldsOfDocument) throws -> SourceMetadata {
        SourceMetadata(
            format: try fields.string("format"), width: try fields.int("width"), height: try fields.int("height"),
            bytes: try fields.int("bytes"), frames: try fields.int("frames"), orientation: try fields.int("orientation"),
            hasAlpha: fields["has_alpha"]?.bool ?? false, blurhash: fields["blurhash"]?.string,
            dominantColor: fields["dominant_color"]?.string)
    }

    private static func output(_ fields: FieldsOfDocument) throws -> TaskOutput {
        let name = try fields.string("name")
        if let error = try fields.optional("error", error) { return TaskOutput(name: name, error: error) }
        let image = try fields.fields("image")
        guard let format = ImageFormat(rawValue: try image.string("format")) else {
            throw BSONError(description: "an output of an unknown format")
        }
        return TaskOutput(
            name: name,
            image: StoredImage(
                key: BlobKey(rawValue: try image.string("key")), format: format, width: try image.int("width"),
                height: try image.int("height"), frames: try image.int("frames"), bytes: try image.int("bytes"),
                sha256: try image.string("sha256")))
    }

    private static func ended(_ fields: FieldsOfDocument) throws -> EndedRun {
        EndedRun(
            epoch: try fields.int("epoch"), attempts: try fields.int("attempts"), crashes: try fields.int("crashes"),
            losses: try fields.int("losses"), outages: try fields.int("outages"), error: try fields.optional("error", Self.error),
            outputs: try fields.list("outputs").map(Self.output),
            sourceMetadata: try fields.optional("source_metadata", Self.sourceMetadata), startedAt: fields.optionalTime("started_at"),
            revision: try fields.int("revision"))
    }

    private static func error(_ fields: FieldsOfDocument) throws -> TaskError {
        TaskError(code: try fields.string("code"), message: try fields.string("message"))
    }

    /// A claim writes its entry without generation and epoch, because it does not know them:
    /// they are the same generation and the next epoch, because every step that increments them has an entry of its own.
    private static func history(_ list: [FieldsOfDocument]) throws -> [HistoryEntry] {
        var entries: [HistoryEntry] = []
        for fields in list {
            let previous = entries.last
            entries.append(
                HistoryEntry(
                    at: try fields.time("at"), status: try fields.status("status"), reason: try fields.string("reason"),
                    generation: fields["generation"]?.int ?? previous?.generation ?? 1,
                    epoch: fields["epoch"]?.int ?? (previous?.epoch ?? 0) + 1,
                    worker: fields["worker"]?.string.map { WorkerID($0) }))
        }
        return entries
    }
}
