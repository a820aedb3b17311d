/// The task document: the one truth about a task. Broker messages are only dispatch messages.
///
/// Changed by `TaskStateMachine` alone; stores load it, apply a transition and write it back
/// atomically, or express the same rule in their own language.
package struct TaskRecord: Sendable, Hashable, Codable {
    package let id: TaskID
    package let tenant: TenantID
    package let owner: UserID
    package var status: TaskStatus
    /// Starts at 1; each replay begins a new one.
    package var generation: Int
    /// Counts claims over the whole life of the task and fences off every earlier worker.
    package var epoch: Int
    /// Attempts spent in this generation: claims that were not lost, handed back or hit by an outage.
    package var attempts: Int
    /// Render processes that died on this task in this generation.
    package var crashes: Int
    /// Leases that ran out, and render processes that were killed from outside, in this generation.
    package var losses: Int
    /// Runs in this generation that ended because a backend of PixelFlow was down.
    package var outages: Int
    /// When the first transient failure of this generation happened; nil if there was none.
    package var failingSince: Timestamp?
    package var lease: Lease?
    /// Not claimed before this time.
    package var nextRunAt: Timestamp
    package var dispatch: Dispatch
    package var cancelRequested: Bool
    /// The `Idempotency-Key` of the request that created the task; unique within the tenant.
    package let idempotencyKey: String?
    /// SHA-256 of what that request asked for.
    package let fingerprint: String
    /// The id of the request that created the task, for the logs of all services.
    package let requestID: String
    /// The span of that request; nil where it is not traced.
    package let trace: TraceHeaders?
    package let source: TaskSource
    @PipelineText.Coded package private(set) var pipeline: Pipeline
    /// The name of the preset the pipeline was taken from.
    package let preset: String?
    package let lane: Lane
    /// What it belongs to; nil for a task of its own.
    package let batch: BatchID?
    /// A URL that is notified when it ends, besides the endpoints of its organisation.
    package let webhookURL: String?
    /// Where the fetched bytes of a URL source were stored.
    package var fetchedSource: StoredSource?
    package var sourceMetadata: SourceMetadata?
    /// The manifest: the outputs of the completing worker, in the pipeline's order.
    package var outputs: [TaskOutput]
    package var error: TaskError?
    /// Events that are not yet known to be published.
    package var outbox: [OutboxEvent]
    /// What happened, oldest first; at most `TaskStateMachine.historyLimit` entries.
    package var history: [HistoryEntry]
    /// Grows with every change that is visible to clients.
    package var revision: Int
    package let createdAt: Timestamp
    package var updatedAt: Timestamp
    /// When the latest run began.
    package var startedAt: Timestamp?
    /// When the task reached a final status.
    package var completedAt: Timestamp?
    /// Set when the task is deleted: it is invisible to all clients, and its objects are still to be removed.
    package var deletedAt: Timestamp?

    package init(
        id: TaskID, tenant: TenantID, owner: UserID, source: TaskSource, pipeline: Pipeline, preset: String? = nil,
        lane: Lane = .normal, batch: BatchID? = nil, webhookURL: String? = nil, idempotencyKey: String? = nil, fingerprint: String,
        requestID: String,
        trace: TraceHeaders? = nil, createdAt: Timestamp
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
        self.dispatch = Dispatch(due: createdAt + TaskPolicy.standard.publishTimeout)
        self.cancelRequested = false
        self.idempotencyKey = idempotencyKey
        self.fingerprint = fingerprint
        self.requestID = requestID
        self.trace = trace
        self.source = source
        self.pipeline = pipeline
        self.preset = preset
        self.lane = lane
        self.batch = batch
        self.webhookURL = webhookURL
        self.fetchedSource = nil
        self.sourceMetadata = nil
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
    /// Everything that the task may have stored lies under this prefix.
    package var blobPrefix: BlobKey { BlobKey.task(id, tenant: tenant) }
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
