import Foundation
import NIOCore
import PixelFlowCore

/// The representation of a task for clients; `docs/api.md` describes each field.
struct TaskView: Encodable {
    let task: TaskRecord
    let progress: Double

    init(_ task: TaskRecord, progress: Double? = nil) {
        self.task = task
        self.progress = progress ?? TaskChange(task).progress
    }

    private enum Key: String, CodingKey {
        case id, status, upload, pipeline, preset, attempts, generation, progress, source, outputs, error, history
        case imageURL = "image_url"
        case cancelRequested = "cancel_requested"
        case nextRunAt = "next_run_at"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
        case startedAt = "started_at"
        case completedAt = "completed_at"
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(task.id, forKey: .id)
        try fields.encode(task.status, forKey: .status)
        switch task.source {
        case .url(let url): try fields.encode(url, forKey: .imageURL)
        case .upload(let upload): try fields.encode(UploadView(upload), forKey: .upload)
        }
        try fields.encode(task.pipeline, forKey: .pipeline)
        try fields.encodeIfPresent(task.preset, forKey: .preset)
        try fields.encode(task.attempts, forKey: .attempts)
        try fields.encode(task.generation, forKey: .generation)
        try fields.encode(progress, forKey: .progress)
        if task.cancelRequested { try fields.encode(true, forKey: .cancelRequested) }
        try fields.encodeIfPresent(task.sourceMetadata, forKey: .source)
        try fields.encode(task.outputs.map { OutputView($0, of: task.id) }, forKey: .outputs)
        try fields.encodeIfPresent(task.error, forKey: .error)
        try fields.encode(task.history.map(HistoryView.init), forKey: .history)
        if task.status == .pending, task.nextRunAt > task.createdAt { try fields.encode(task.nextRunAt.iso8601, forKey: .nextRunAt) }
        try fields.encode(task.createdAt.iso8601, forKey: .createdAt)
        try fields.encode(task.updatedAt.iso8601, forKey: .updatedAt)
        try fields.encodeIfPresent(task.startedAt?.iso8601, forKey: .startedAt)
        try fields.encodeIfPresent(task.completedAt?.iso8601, forKey: .completedAt)
    }
}

private struct UploadView: Encodable {
    let filename: String?
    let contentType: String?
    let bytes: Int

    init(_ upload: TaskSource.Upload) {
        filename = upload.filename
        contentType = upload.contentType
        bytes = upload.bytes
    }

    enum CodingKeys: String, CodingKey {
        case filename, bytes
        case contentType = "content_type"
    }
}

private struct OutputView: Encodable {
    let name: String
    let status: String
    let format: ImageFormat?
    let width: Int?
    let height: Int?
    let frames: Int?
    let bytes: Int?
    let sha256: String?
    let url: String?
    let error: TaskError?

    init(_ output: TaskOutput, of task: TaskID) {
        name = output.name
        status = output.image == nil ? "FAILED" : "COMPLETED"
        format = output.image?.format
        width = output.image?.width
        height = output.image?.height
        frames = output.image?.frames
        bytes = output.image?.bytes
        sha256 = output.image?.sha256
        url = output.image == nil ? nil : "/api/tasks/\(task)/outputs/\(output.name)"
        error = output.error
    }
}

private struct HistoryView: Encodable {
    let at: String
    let status: TaskStatus
    let reason: String
    let generation: Int

    init(_ entry: HistoryEntry) {
        at = entry.at.iso8601
        status = entry.status
        reason = entry.reason
        generation = entry.generation
    }
}
