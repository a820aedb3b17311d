import PixelFlowCore

extension TaskDocument {
    /// The complete document.
    func encoded() throws -> BSONDocument {
        var document = try Self.identity(of: record)
        for (name, value) in Self.state(of: record) { document[name] = value }
        document[Name.version] = .int(version)
        return document
    }

    /// The immutable fields of a task.
    private static func identity(of task: TaskRecord) throws -> BSONDocument {
        var document: BSONDocument = [
            Name.id: .string(task.id.rawValue), Name.tenant: .string(task.tenant.rawValue), "owner": .string(task.owner.rawValue),
            "fingerprint": .string(task.fingerprint), "request_id": .string(task.requestID),
            "source": .document(source(task.source)), "pipeline": .string(try PipelineText.encode(task.pipeline)),
            Name.label: .string(task.label.lowercased()), Name.createdAt: .time(task.createdAt),
        ]
        document["preset"] = task.preset.map(BSONValue.string)
        document["trace"] = task.trace.map(trace)
        document["webhook_url"] = task.webhookURL.map(BSONValue.string)
        // Absent for the normal lane, as in documents from before there were lanes.
        document[Name.lane] = task.lane == .normal ? nil : .string(task.lane.rawValue)
        return document
    }

    /// The mutable fields, always in this order; the value is nil for absent fields.
    static func state(of task: TaskRecord) -> [(name: String, value: BSONValue?)] {
        let key = task.idempotencyKey.map(BSONValue.string)
        let batch = task.batch.map { BSONValue.string($0.rawValue) }
        let isDeleted = task.deletedAt != nil
        return [
            (Name.status, .string(task.status.rawValue)), (Name.generation, .int(task.generation)), (Name.epoch, .int(task.epoch)),
            (Name.attempts, .int(task.attempts)), ("crashes", .int(task.crashes)), ("losses", .int(task.losses)),
            ("outages", .int(task.outages)), ("failing_since", task.failingSince.map(BSONValue.time)),
            (Name.lease, task.lease.map(lease)), (Name.nextRunAt, .time(task.nextRunAt)),
            ("dispatch", dispatch(task.dispatch)), (Name.cancelRequested, .bool(task.cancelRequested)),
            (Name.idempotencyKey, isDeleted ? nil : key), (Name.releasedKey, isDeleted ? key : nil),
            (Name.batch, isDeleted ? nil : batch), (Name.releasedBatch, isDeleted ? batch : nil),
            ("fetched_source", task.fetchedSource.map(fetched)), ("source_metadata", task.sourceMetadata.map(metadata)),
            ("outputs", .array(task.outputs.map(output))), (Name.producedBytes, .int(task.producedBytes)), ("error", task.error.map(error)),
            (Name.outbox, .array(task.outbox.map(event))),
            (Name.outboxSince, task.outbox.first.map { .time($0.at) }), (Name.history, .array(task.history.map(entry))),
            (Name.revision, .int(task.revision)), (Name.updatedAt, .time(task.updatedAt)),
            (Name.startedAt, task.startedAt.map(BSONValue.time)), (Name.completedAt, task.completedAt.map(BSONValue.time)),
            (Name.deletedAt, task.deletedAt.map(BSONValue.time)), (Name.nextStep, nextStep(of: task)),
        ]
    }

    /// What remains of a deleted task after its objects are removed: its contribution to the usage of its organisation. Without
    /// a status, it no longer counts as a task anywhere else.
    var remains: BSONDocument? {
        guard let deletedAt = record.deletedAt else { return nil }
        var document: BSONDocument = [
            Name.id: .string(record.id.rawValue), Name.tenant: .string(record.tenant.rawValue),
            Name.lastStatus: .string(record.status.rawValue), Name.createdAt: .time(record.createdAt),
            Name.deletedAt: .time(deletedAt), "source": ["bytes": .int(record.uploadedBytes)],
            Name.producedBytes: .int(record.producedBytes),
            Name.nextStep: Self.nextStep(.forget, at: deletedAt + .seconds(86_400 * UsageDay.kept)),
        ]
        document[Name.completedAt] = record.completedAt.map(BSONValue.time)
        return document
    }

    private static func nextStep(of task: TaskRecord) -> BSONValue? {
        if let deletedAt = task.deletedAt { return nextStep(.purge, at: deletedAt) }
        if task.status == .pending {
            return dispatchStep(at: task.dispatch.due, lane: task.lane, isHeld: task.dispatch.isHeld)
        }
        return task.lease.map { nextStep(.expire, at: $0.until) }
    }

    static func nextStep(_ step: NextStep, at time: Timestamp) -> BSONValue {
        ["kind": .string(step.rawValue), "at": .time(time)]
    }

    /// Includes the rank of the lane, in a field that is named after what the task waits for. Processes from before there were lanes
    /// replace the complete next step, so no stale rank remains when they claim the task.
    static func dispatchStep(at time: Timestamp, lane: Lane, isHeld: Bool = false) -> BSONValue {
        let rank = BSONValue.int(lane.rank)
        return .document(
            BSONDocument([
                .init(name: "kind", value: .string(NextStep.dispatch.rawValue)), .init(name: "at", value: .time(time)),
                .init(name: isHeld ? "held" : "sent", value: rank),
            ]))
    }

    static func lease(_ lease: Lease) -> BSONValue {
        ["worker": .string(lease.worker.rawValue), "until": .time(lease.until)]
    }

    private static func dispatch(_ dispatch: Dispatch) -> BSONValue {
        var document: BSONDocument = [
            "sequence": .int(dispatch.sequence), "due": .time(dispatch.due), "acknowledged": .int(dispatch.acknowledged),
        ]
        document["acknowledged_at"] = dispatch.acknowledgedAt.map(BSONValue.time)
        document["held"] = dispatch.isHeld ? true : nil
        return .document(document)
    }

    private static func trace(_ headers: TraceHeaders) -> BSONValue {
        var document: BSONDocument = ["traceparent": .string(headers.traceparent)]
        document["tracestate"] = headers.tracestate.map(BSONValue.string)
        return .document(document)
    }

    private static func source(_ source: TaskSource) -> BSONDocument {
        switch source {
        case .url(let url): return ["url": .string(url)]
        case .upload(let upload):
            var document: BSONDocument = [
                "key": .string(upload.key.rawValue), "bytes": .int(upload.bytes), "sha256": .string(upload.sha256),
            ]
            document["filename"] = upload.filename.map(BSONValue.string)
            document["content_type"] = upload.contentType.map(BSONValue.string)
            return document
        }
    }

    private static func fetched(_ source: StoredSource) -> BSONValue {
        var document: BSONDocument = [
            "key": .string(source.key.rawValue), "bytes": .int(source.bytes), "sha256": .string(source.sha256),
        ]
        document["content_type"] = source.contentType.map(BSONValue.string)
        return .document(document)
    }

    private static func metadata(_ metadata: SourceMetadata) -> BSONValue {
        var document: BSONDocument = [
            "format": .string(metadata.format), "width": .int(metadata.width), "height": .int(metadata.height),
            "bytes": .int(metadata.bytes),
            "frames": .int(metadata.frames), "orientation": .int(metadata.orientation), "has_alpha": .bool(metadata.hasAlpha),
        ]
        document["blurhash"] = metadata.blurhash.map(BSONValue.string)
        document["dominant_color"] = metadata.dominantColor.map(BSONValue.string)
        return .document(document)
    }

    private static func output(_ output: TaskOutput) -> BSONValue {
        var document: BSONDocument = ["name": .string(output.name)]
        document["error"] = output.error.map(error)
        document["image"] = output.image.map { image in
            [
                "key": .string(image.key.rawValue), "format": .string(image.format.rawValue), "width": .int(image.width),
                "height": .int(image.height), "frames": .int(image.frames), "bytes": .int(image.bytes), "sha256": .string(image.sha256),
            ]
        }
        return .document(document)
    }

    private static func error(_ error: TaskError) -> BSONValue {
        ["code": .string(error.code), "message": .string(error.message)]
    }

    private static func event(_ event: OutboxEvent) -> BSONValue {
        var document: BSONDocument = ["id": .string(event.id), "status": .string(event.status.rawValue), "at": .time(event.at)]
        document["ended"] = event.ended.map(ended)
        return .document(document)
    }

    private static func ended(_ run: EndedRun) -> BSONValue {
        var document: BSONDocument = [
            "epoch": .int(run.epoch), "attempts": .int(run.attempts), "crashes": .int(run.crashes), "losses": .int(run.losses),
            "outages": .int(run.outages), "outputs": .array(run.outputs.map(output)), "revision": .int(run.revision),
        ]
        document["error"] = run.error.map(error)
        document["source_metadata"] = run.sourceMetadata.map(metadata)
        document["started_at"] = run.startedAt.map(BSONValue.time)
        return .document(document)
    }

    private static func entry(_ entry: HistoryEntry) -> BSONValue {
        var document: BSONDocument = [
            "at": .time(entry.at), "status": .string(entry.status.rawValue), "reason": .string(entry.reason),
            "generation": .int(entry.generation), "epoch": .int(entry.epoch),
        ]
        document["worker"] = entry.worker.map { .string($0.rawValue) }
        return .document(document)
    }
}

extension BSONValue {
    static func time(_ time: Timestamp) -> BSONValue { .int(time.microseconds) }
}
