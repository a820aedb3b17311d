/// The task document: the only source of truth about a task. Broker messages carry no state.
///
/// Only `TaskStateMachine` changes it. Stores load it, apply a transition and write it back
/// atomically, or express the same rule in their query language.
package struct TaskRecord: Sendable, Hashable, Codable {
    package let id: TaskID
    package let tenant: TenantID
    package let owner: UserID
    package var status: TaskStatus
    /// Starts at 1; incremented by each replay.
    package var generation: Int
    /// Incremented by every claim in the lifetime of the task, which fences off all earlier workers.
    package var epoch: Int
    /// Attempts in this generation: claims that were not lost, returned or ended by an outage.
    package var attempts: Int
    /// Render processes that crashed on this task in this generation.
    package var crashes: Int
    /// Leases that expired, and render processes that were killed from outside, in this generation.
    package var losses: Int
    /// Runs in this generation that an outage of a PixelFlow backend has ended.
    package var outages: Int
    /// The time of the first transient failure of this generation; nil if there was none.
    package var failingSince: Timestamp?
    package var lease: Lease?
    /// The task cannot be claimed before this time.
    package var nextRunAt: Timestamp
    package var dispatch: Dispatch
    package var cancelRequested: Bool
    /// The `Idempotency-Key` of the request that created the task; unique within the tenant.
    package let idempotencyKey: String?
    /// The SHA-256 of the content of that request.
    package let fingerprint: String
    /// The id of the request that created the task, for the logs of all services.
    package let requestID: String
    /// The span of that request; nil if it is not traced.
    package let trace: TraceHeaders?
    package let source: TaskSource
    @PipelineText.Coded package private(set) var pipeline: Pipeline
    /// The name of the preset that the pipeline came from.
    package let preset: String?
    package let lane: Lane
    /// The batch of the task; nil if it has none.
    package let batch: BatchID?
    /// A URL that receives an event when the task finishes, in addition to the endpoints of its organisation.
    package let webhookURL: String?
    /// The location of the stored bytes of a URL source.
    package var fetchedSource: StoredSource?
    package var sourceMetadata: SourceMetadata?
    /// The manifest: the outputs of the run that completed the task, in the order of the pipeline.
    package var outputs: [TaskOutput]
    package var error: TaskError?
    /// Events without a confirmed publication.
    package var outbox: [OutboxEvent]
    /// The history, oldest first; at most `TaskStateMachine.historyLimit` entries.
    package var history: [HistoryEntry]
    /// Incremented with every client-visible change.
    package var revision: Int
    package let createdAt: Timestamp
    package var updatedAt: Timestamp
    /// When the latest run started.
    package var startedAt: Timestamp?
    /// When the task reached a final status.
    package var completedAt: Timestamp?
    /// Set when the task is deleted: it is invisible to all clients, and its objects are to be removed.
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
    /// The prefix of all objects of the task.
    package var blobPrefix: BlobKey { BlobKey.task(id, tenant: tenant) }
}

/// One step in the history of a task.
package struct HistoryEntry: Sendable, Hashable, Codable {
    package var at: Timestamp
    /// The status after the step.
    package var status: TaskStatus
    /// The reason as a stable word: `created`, `claimed`, `completed`, an error code, `lease_lost` …
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
