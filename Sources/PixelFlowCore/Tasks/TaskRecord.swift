/// The task document: the one truth about a task. Broker messages are only wake-ups.
///
/// Changed by `TaskStateMachine` alone; stores load it, apply a transition and write it back
/// atomically, or express the same rule in their own language.
public struct TaskRecord: Sendable, Hashable, Codable {
    public let id: TaskID
    public let tenant: TenantID
    public let owner: UserID
    public var status: TaskStatus
    /// Starts at 1; each replay begins a new one.
    public var generation: Int
    /// Counts claims over the whole life of the task and fences off every earlier worker.
    public var epoch: Int
    /// Attempts spent in this generation: claims that were not lost, handed back or hit by an outage.
    public var attempts: Int
    /// Render processes that died on this task in this generation.
    public var crashes: Int
    /// Leases that ran out, and render processes that were killed from outside, in this generation.
    public var losses: Int
    /// Runs in this generation that ended because a backend of PixelFlow was down.
    public var outages: Int
    /// When the first transient failure of this generation happened; nil where there was none.
    public var failingSince: Timestamp?
    public var lease: Lease?
    /// Not claimed before this time.
    public var nextRunAt: Timestamp
    public var dispatch: Dispatch
    public var cancelRequested: Bool
    /// The `Idempotency-Key` of the request that made the task; unique within the tenant.
    public let idempotencyKey: String?
    /// SHA-256 of what that request asked for.
    public let fingerprint: String
    /// The request that made the task, for the logs of every service it passes.
    public let requestID: String
    public let source: TaskSource
    public let pipeline: Pipeline
    /// The name of the preset the pipeline was taken from.
    public let preset: String?
    /// Where the fetched bytes of a URL source were stored.
    public var fetchedSource: StoredSource?
    public var sourceFacts: SourceFacts?
    /// The manifest: what the completing worker made, in the pipeline's order.
    public var outputs: [TaskOutput]
    public var error: TaskError?
    /// Events that are not yet known to be published.
    public var outbox: [OutboxEvent]
    /// What happened, oldest first; at most `TaskStateMachine.historyLimit` entries.
    public var history: [HistoryEntry]
    /// Grows with every change that people can see.
    public var revision: Int
    public let createdAt: Timestamp
    public var updatedAt: Timestamp
    /// When the latest run began.
    public var startedAt: Timestamp?
    /// When the task reached a final status.
    public var completedAt: Timestamp?
    /// Set once the task is deleted: it is gone for everybody, its objects are still to be removed.
    public var deletedAt: Timestamp?

    public init(
        id: TaskID, tenant: TenantID, owner: UserID, source: TaskSource, pipeline: Pipeline, preset: String? = nil,
        idempotencyKey: String? = nil, fingerprint: String, requestID: String, createdAt: Timestamp
    ) {
        self.id = id
        self.tenant = tenant
        self.owner = owner
        self.status = .pending
        self.generation = 1
        self.epoch = 0
        self.attempts = 0
        self.crashes = 0
        self.losses = 0
        self.outages = 0
        self.failingSince = nil
        self.lease = nil
        self.nextRunAt = createdAt
        self.dispatch = Dispatch(due: createdAt + TaskPolicy.standard.dispatchGrace)
        self.cancelRequested = false
        self.idempotencyKey = idempotencyKey
        self.fingerprint = fingerprint
        self.requestID = requestID
        self.source = source
        self.pipeline = pipeline
        self.preset = preset
        self.fetchedSource = nil
        self.sourceFacts = nil
        self.outputs = []
        self.error = nil
        self.outbox = []
        self.history = [HistoryEntry(at: createdAt, status: .pending, reason: "created", generation: 1, epoch: 0)]
        self.revision = 1
        self.createdAt = createdAt
        self.updatedAt = createdAt
        self.startedAt = nil
        self.completedAt = nil
        self.deletedAt = nil
    }
}

extension TaskRecord {
    /// The blob that holds the source's bytes, once there is one.
    public var sourceKey: BlobKey? {
        switch source {
        case .upload(let upload): upload.key
        case .url: fetchedSource?.key
        }
    }

    /// What people call the task: the name of the file, or the URL. Empty where an upload came without a name.
    public var label: String {
        switch source {
        case .upload(let upload): upload.filename ?? ""
        case .url(let url): url
        }
    }

    /// Everything that the task may have stored lies under this prefix.
    public var blobPrefix: BlobKey { BlobKey.task(id, tenant: tenant) }
}
