import OpenAPI
import PixelFlowCore
import WireFormats

/// The representation of a task for clients.
struct TaskView: Codable {
    let id: TaskID
    let status: TaskStatus
    let imageURL: String?
    let upload: UploadView?
    let pipeline: Pipeline
    let preset: String?
    let priority: Lane
    let batch: BatchID?
    let webhookURL: String?
    let attempts: Int
    let generation: Int
    let progress: Double
    let cancelRequested: Bool?
    let source: SourceMetadata?
    let outputs: [OutputView]
    let error: TaskError?
    let history: [HistoryView]
    let nextRunAt: String?
    let createdAt: String
    let updatedAt: String
    let startedAt: String?
    let completedAt: String?

    /// - Parameter progress: the progress of the current run; that of the record by default.
    init(_ task: TaskRecord, progress: Double? = nil) {
        id = task.id
        status = task.status
        switch task.source {
        case .url(let url):
            imageURL = url
            upload = nil
        case .upload(let sent):
            imageURL = nil
            upload = UploadView(sent)
        }
        pipeline = task.pipeline
        preset = task.preset
        priority = task.lane
        batch = task.batch
        webhookURL = task.webhookURL
        attempts = task.attempts
        generation = task.generation
        self.progress = progress ?? TaskChange(task).progress
        cancelRequested = task.cancelRequested ? true : nil
        source = task.sourceMetadata
        outputs = task.outputs.map { OutputView($0, of: task.id) }
        error = task.error
        history = task.history.map(HistoryView.init)
        nextRunAt = task.status == .pending && task.nextRunAt > task.createdAt ? task.nextRunAt.iso8601 : nil
        createdAt = task.createdAt.iso8601
        updatedAt = task.updatedAt.iso8601
        startedAt = task.startedAt?.iso8601
        completedAt = task.completedAt?.iso8601
    }

    enum CodingKeys: String, CodingKey {
        case id, status, upload, pipeline, preset, priority, batch, attempts, generation, progress, source, outputs, error, history
        case imageURL = "image_url"
        case webhookURL = "webhook_url"
        case cancelRequested = "cancel_requested"
        case nextRunAt = "next_run_at"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
        case startedAt = "started_at"
        case completedAt = "completed_at"
    }
}

extension TaskView: SchemaNamed, SchemaAnnotated {
    static let schemaName = "Task"
    static let annotations: [String: SchemaAnnotation] = [
        "id": "Names the task.", "status": "The state; see docs/task-states.md.", "image_url": "Where the image is fetched from.",
        "upload": "The image that was uploaded.", "pipeline": "The pipeline of the task, without defaults.",
        "preset": "The name of the preset that the pipeline came from.",
        "priority": .init("The priority of the task.", schema: .priority),
        "batch": .init("The batch that it belongs to.", schema: BatchID.schema),
        "webhook_url": .init("The URL that is notified when it ends.", ["format": "uri"]),
        "attempts": .init("Runs of this generation so far.", ["minimum": 0]),
        "generation": .init("1, and one more for each replay.", ["minimum": 1]),
        "progress": .init("The completed fraction of the work.", ["minimum": 0, "maximum": 1]),
        "cancel_requested": "Present and true while a cancelled task is still being processed.",
        "source": "What was found in the image, once it has been decoded.", "outputs": "The outputs, once the task has ended.",
        "error": "Why the task has failed.", "history": "The states of the task, oldest first.",
        "next_run_at": .init("The earliest time of the next attempt.", ["format": "date-time"]),
        "created_at": .init("RFC 3339.", ["format": "date-time"]), "updated_at": .init("RFC 3339.", ["format": "date-time"]),
        "started_at": .init("When the latest run started.", ["format": "date-time"]),
        "completed_at": .init("When the task ended.", ["format": "date-time"]),
    ]
}

/// Pages of tasks are encoded in pieces by `TaskViews`.
extension TaskView: ListedView {
    static let listName = "tasks"
    static let pageSchemaName = "TaskList"
}

struct UploadView: Codable, SchemaAnnotated {
    static let annotations: [String: SchemaAnnotation] = [
        "filename": "As the client named it.", "content_type": "As the client declared it.", "bytes": .init("Its size.", ["minimum": 1]),
    ]

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

struct OutputView: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "Output"
    static let annotations: [String: SchemaAnnotation] = [
        "name": .init("As in the pipeline.", schema: .presetName),
        "status": .init("Whether there is an image.", ["enum": ["COMPLETED", "FAILED"]]),
        "format": "The format of the file.", "width": .init("Pixels.", ["minimum": 1]), "height": .init("Pixels.", ["minimum": 1]),
        "frames": .init("Frames in the file.", ["minimum": 1]), "bytes": .init("The size of the file.", ["minimum": 1]),
        "sha256": .init("Of the file, in hexadecimal.", ["pattern": "^[0-9a-f]{64}$"]),
        "url": .init("The address of the file, relative to that of the service.", ["format": "uri-reference"]),
        "error": "Why there is no image.",
    ]

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

struct HistoryView: Codable, SchemaAnnotated {
    static let annotations: [String: SchemaAnnotation] = [
        "at": .init("RFC 3339.", ["format": "date-time"]), "status": "The state from then on.", "reason": "Why the state changed.",
        "generation": .init("The generation of the task then.", ["minimum": 1]),
    ]

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
