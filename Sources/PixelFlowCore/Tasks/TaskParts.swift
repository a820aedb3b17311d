/// A worker's hold on a task.
package struct Lease: Sendable, Hashable, Codable {
    package var worker: WorkerID
    /// By the store's clock.
    package var until: Timestamp

    package init(worker: WorkerID, until: Timestamp) {
        self.worker = worker
        self.until = until
    }
}

/// What is known about the dispatch messages of a task.
package struct Dispatch: Sendable, Hashable, Codable {
    /// Grows with every dispatch message that is published, and with every return to PENDING, which spends the dispatch messages before it.
    package var sequence: Int
    /// When the dispatcher publishes the next dispatch message, should the task still be PENDING.
    package var due: Timestamp
    /// Dispatch messages of this waiting period that the broker has acknowledged.
    package var acknowledged: Int
    /// When the latest dispatch message was acknowledged; nil while it has not been.
    package var acknowledgedAt: Timestamp?

    package init(sequence: Int = 1, due: Timestamp, acknowledged: Int = 0, acknowledgedAt: Timestamp? = nil) {
        self.sequence = sequence
        self.due = due
        self.acknowledged = acknowledged
        self.acknowledgedAt = acknowledgedAt
    }
}

/// Where the image comes from.
package enum TaskSource: Sendable, Hashable, Codable {
    case url(String)
    case upload(Upload)

    /// An uploaded file, already stored.
    package struct Upload: Sendable, Hashable, Codable {
        package var filename: String?
        /// As the client said it; never trusted.
        package var contentType: String?
        package var bytes: Int
        package var sha256: String
        package var key: BlobKey

        package init(filename: String?, contentType: String?, bytes: Int, sha256: String, key: BlobKey) {
            self.filename = filename
            self.contentType = contentType
            self.bytes = bytes
            self.sha256 = sha256
            self.key = key
        }
    }
}

/// The stored bytes of a source that a worker has fetched.
package struct StoredSource: Sendable, Hashable, Codable {
    package var key: BlobKey
    package var bytes: Int
    package var sha256: String
    package var contentType: String?

    package init(key: BlobKey, bytes: Int, sha256: String, contentType: String?) {
        self.key = key
        self.bytes = bytes
        self.sha256 = sha256
        self.contentType = contentType
    }
}

/// One line of the manifest: a stored image, or why there is none.
package struct TaskOutput: Sendable, Hashable, Codable {
    package var name: String
    package var image: StoredImage?
    package var error: TaskError?

    package init(name: String, image: StoredImage) {
        self.name = name
        self.image = image
    }

    package init(name: String, error: TaskError) {
        self.name = name
        self.error = error
    }
}

/// An output in the blob store.
package struct StoredImage: Sendable, Hashable, Codable {
    package var key: BlobKey
    package var format: ImageFormat
    package var width: Int
    package var height: Int
    package var frames: Int
    package var bytes: Int
    /// Lower-case hexadecimal.
    package var sha256: String

    package init(key: BlobKey, format: ImageFormat, width: Int, height: Int, frames: Int, bytes: Int, sha256: String) {
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
package struct TaskError: Sendable, Hashable, Codable {
    package var code: String
    package var message: String

    package init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    package init(_ error: PixelFlowError) {
        self.init(code: error.code, message: error.message)
    }
}

/// Something that others have to be told; published at least once, with a stable id.
package struct OutboxEvent: Sendable, Hashable, Codable {
    /// `task/generation/epoch/status`: the same event has the same id however often it is sent.
    package var id: String
    package var status: TaskStatus
    package var at: Timestamp

    package init(id: String, status: TaskStatus, at: Timestamp) {
        self.id = id
        self.status = status
        self.at = at
    }
}

/// One step in the life of a task.
package struct HistoryEntry: Sendable, Hashable, Codable {
    package var at: Timestamp
    /// The status that the step led to.
    package var status: TaskStatus
    /// Why, in one stable word: `created`, `claimed`, `completed`, an error code, `lease_lost` …
    package var reason: String
    package var generation: Int
    package var epoch: Int
    package var worker: WorkerID?

    package init(at: Timestamp, status: TaskStatus, reason: String, generation: Int, epoch: Int, worker: WorkerID? = nil) {
        self.at = at
        self.status = status
        self.reason = reason
        self.generation = generation
        self.epoch = epoch
        self.worker = worker
    }
}

/// Proof of a claim: whoever holds an older epoch has lost the task.
package struct Claim: Sendable, Hashable, Codable {
    package let task: TaskID
    package let epoch: Int

    package init(task: TaskID, epoch: Int) {
        self.task = task
        self.epoch = epoch
    }
}

extension TaskRecord {
    package var claim: Claim { Claim(task: id, epoch: epoch) }
}

/// What a worker hands over when it is done.
package struct Manifest: Sendable, Hashable, Codable {
    package var sourceMetadata: SourceMetadata
    package var fetchedSource: StoredSource?
    package var outputs: [TaskOutput]

    package init(sourceMetadata: SourceMetadata, fetchedSource: StoredSource? = nil, outputs: [TaskOutput]) {
        self.sourceMetadata = sourceMetadata
        self.fetchedSource = fetchedSource
        self.outputs = outputs
    }
}

/// Why a run ended without a manifest.
package struct TaskFailure: Sendable, Hashable, Codable {
    package var error: TaskError
    package var retry: PixelFlowError.Retry
    /// Outputs that were tried, where every one of them failed.
    package var outputs: [TaskOutput]
    package var sourceMetadata: SourceMetadata?
    /// Seconds that the source's server asked to be left alone for; only a transient failure heeds them.
    package var retryAfter: Int?

    package init(
        error: TaskError, retry: PixelFlowError.Retry, outputs: [TaskOutput] = [], sourceMetadata: SourceMetadata? = nil,
        retryAfter: Int? = nil
    ) {
        self.error = error
        self.retry = retry
        self.outputs = outputs
        self.sourceMetadata = sourceMetadata
        self.retryAfter = retryAfter
    }

    package init(_ error: PixelFlowError) {
        self.init(error: TaskError(error), retry: error.retry, retryAfter: error.retryAfter)
    }
}
