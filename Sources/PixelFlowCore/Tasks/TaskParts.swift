/// A worker's hold on a task.
public struct Lease: Sendable, Hashable, Codable {
    public var worker: WorkerID
    /// By the store's clock.
    public var until: Timestamp

    public init(worker: WorkerID, until: Timestamp) {
        self.worker = worker
        self.until = until
    }
}

/// What is known about the wake-ups of a task.
public struct Dispatch: Sendable, Hashable, Codable {
    /// Grows with every wake-up that is published, and with every return to PENDING, which spends the wake-ups before it.
    public var sequence: Int
    /// When the dispatcher publishes the next wake-up, should the task still be PENDING.
    public var due: Timestamp
    /// Wake-ups of this waiting period that the broker has acknowledged.
    public var acknowledged: Int
    /// When the latest wake-up was acknowledged; nil while it has not been.
    public var acknowledgedAt: Timestamp?

    public init(sequence: Int = 1, due: Timestamp, acknowledged: Int = 0, acknowledgedAt: Timestamp? = nil) {
        self.sequence = sequence
        self.due = due
        self.acknowledged = acknowledged
        self.acknowledgedAt = acknowledgedAt
    }
}

/// Where the image comes from.
public enum TaskSource: Sendable, Hashable, Codable {
    case url(String)
    case upload(Upload)

    /// An uploaded file, already stored.
    public struct Upload: Sendable, Hashable, Codable {
        public var filename: String?
        /// As the client said it; never trusted.
        public var contentType: String?
        public var bytes: Int
        public var sha256: String
        public var key: BlobKey

        public init(filename: String?, contentType: String?, bytes: Int, sha256: String, key: BlobKey) {
            self.filename = filename
            self.contentType = contentType
            self.bytes = bytes
            self.sha256 = sha256
            self.key = key
        }
    }
}

/// The stored bytes of a source that a worker has fetched.
public struct StoredSource: Sendable, Hashable, Codable {
    public var key: BlobKey
    public var bytes: Int
    public var sha256: String
    public var contentType: String?

    public init(key: BlobKey, bytes: Int, sha256: String, contentType: String?) {
        self.key = key
        self.bytes = bytes
        self.sha256 = sha256
        self.contentType = contentType
    }
}

/// One line of the manifest: a stored image, or why there is none.
public struct TaskOutput: Sendable, Hashable, Codable {
    public var name: String
    public var image: StoredImage?
    public var error: TaskError?

    public init(name: String, image: StoredImage) {
        self.name = name
        self.image = image
    }

    public init(name: String, error: TaskError) {
        self.name = name
        self.error = error
    }
}

/// An output in the blob store.
public struct StoredImage: Sendable, Hashable, Codable {
    public var key: BlobKey
    public var format: ImageFormat
    public var width: Int
    public var height: Int
    public var frames: Int
    public var bytes: Int
    /// Lower-case hexadecimal.
    public var sha256: String

    public init(key: BlobKey, format: ImageFormat, width: Int, height: Int, frames: Int, bytes: Int, sha256: String) {
        self.key = key
        self.format = format
        self.width = width
        self.height = height
        self.frames = frames
        self.bytes = bytes
        self.sha256 = sha256
    }
}

/// What people are told about a failure.
public struct TaskError: Sendable, Hashable, Codable {
    public var code: String
    public var message: String

    public init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    public init(_ error: PixelFlowError) {
        self.init(code: error.code, message: error.message)
    }
}

/// Something that others have to be told; published at least once, with a stable id.
public struct OutboxEvent: Sendable, Hashable, Codable {
    /// `task/generation/epoch/status`: the same event has the same id however often it is sent.
    public var id: String
    public var status: TaskStatus
    public var at: Timestamp

    public init(id: String, status: TaskStatus, at: Timestamp) {
        self.id = id
        self.status = status
        self.at = at
    }
}

/// One step in the life of a task.
public struct HistoryEntry: Sendable, Hashable, Codable {
    public var at: Timestamp
    /// The status that the step led to.
    public var status: TaskStatus
    /// Why, in one stable word: `created`, `claimed`, `completed`, an error code, `lease_lost` …
    public var reason: String
    public var generation: Int
    public var epoch: Int
    public var worker: WorkerID?

    public init(at: Timestamp, status: TaskStatus, reason: String, generation: Int, epoch: Int, worker: WorkerID? = nil) {
        self.at = at
        self.status = status
        self.reason = reason
        self.generation = generation
        self.epoch = epoch
        self.worker = worker
    }
}

/// Proof of a claim: whoever holds an older epoch has lost the task.
public struct Claim: Sendable, Hashable, Codable {
    public let task: TaskID
    public let epoch: Int

    public init(task: TaskID, epoch: Int) {
        self.task = task
        self.epoch = epoch
    }
}

extension TaskRecord {
    public var claim: Claim { Claim(task: id, epoch: epoch) }
}

/// What a worker hands over when it is done.
public struct Manifest: Sendable, Hashable, Codable {
    public var sourceFacts: SourceFacts
    public var fetchedSource: StoredSource?
    public var outputs: [TaskOutput]

    public init(sourceFacts: SourceFacts, fetchedSource: StoredSource? = nil, outputs: [TaskOutput]) {
        self.sourceFacts = sourceFacts
        self.fetchedSource = fetchedSource
        self.outputs = outputs
    }
}

/// Why a run ended without a manifest.
public struct TaskFailure: Sendable, Hashable, Codable {
    public var error: TaskError
    public var retry: PixelFlowError.Retry
    /// Outputs that were tried, where every one of them failed.
    public var outputs: [TaskOutput]
    public var sourceFacts: SourceFacts?
    /// Seconds that the source's server asked to be left alone for; only a transient failure heeds them.
    public var retryAfter: Int?

    public init(
        error: TaskError, retry: PixelFlowError.Retry, outputs: [TaskOutput] = [], sourceFacts: SourceFacts? = nil, retryAfter: Int? = nil
    ) {
        self.error = error
        self.retry = retry
        self.outputs = outputs
        self.sourceFacts = sourceFacts
        self.retryAfter = retryAfter
    }

    public init(_ error: PixelFlowError) {
        self.init(error: TaskError(error), retry: error.retry, retryAfter: error.retryAfter)
    }
}
