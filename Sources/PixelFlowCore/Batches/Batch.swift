/// Identifies a batch: a UUIDv7, so that the newest sorts last.
package struct BatchID: Identifier {
    package let rawValue: String
    package init(_ text: String) { rawValue = text }
    package static func make(at time: Timestamp) -> BatchID { BatchID(UUIDv7.make(at: time)) }
    /// Parses an id from untrusted input; nil if it is malformed.
    package init?(parsing text: String) {
        let lowered = text.lowercased()
        guard UUIDv7.isCanonical(lowered) else { return nil }
        rawValue = lowered
    }
}

/// A group of tasks, such as those of an import.
///
/// Its tasks and its progress are derived from the tasks alone: adding or ending a task does not change the batch. Stores
/// change a batch only with its own methods, based on the revision that they have read.
package struct Batch: Sendable, Hashable, Codable {
    package enum State: String, Sendable, Codable, CaseIterable {
        /// Accepts tasks.
        case open
        /// Accepts no more tasks; some have not finished.
        case closed
        /// All of its tasks have finished. A replay does not change this.
        case completed
    }

    /// The longest interval between checks of a completed batch that is missing webhooks; the interval is a quarter of the time since its
    /// completion.
    static let longestWebhookInterval = WebhookDelivery.setAsideFor
    /// How long a completed batch without tasks is kept.
    package static let emptyLife = Duration.seconds(86_400)
    /// Bounds of the interval between checks of a closed batch with unfinished tasks, which is a quarter of the time since it was closed.
    /// In addition, the batch is checked when one of its tasks ends.
    static let checkIntervals = (shortest: Duration.seconds(5), longest: Duration.seconds(60))

    package let id: BatchID
    package let tenant: TenantID
    package let owner: UserID
    package let description: String
    private let laneName: String?
    package let createdAt: Timestamp
    package private(set) var closedAt: Timestamp?
    package private(set) var completedAt: Timestamp?
    /// When auth was notified of the completion, so that it sends mails.
    package private(set) var toldAt: Timestamp?
    /// True or nil; nil also for a batch that an earlier release has completed.
    private var webhooksMissing: Bool?
    /// When to check the batch next, independent of its tasks.
    package private(set) var due: Timestamp
    /// Incremented with every change.
    package private(set) var revision: Int

    package init(id: BatchID, tenant: TenantID, owner: UserID, description: String = "", lane: Lane? = nil, createdAt: Timestamp) {
        self.id = id
        self.tenant = tenant
        self.owner = owner
        self.description = description
        laneName = lane?.rawValue
        self.createdAt = createdAt
        closedAt = nil
        completedAt = nil
        toldAt = nil
        webhooksMissing = nil
        due = createdAt
        revision = 1
    }

    private enum CodingKeys: String, CodingKey {
        case id, tenant, owner, description, createdAt, closedAt, completedAt, toldAt, webhooksMissing, due, revision
        case laneName = "lane"
    }

    /// The lane of tasks that do not set their own; nil if there is none, or only a newer version knows it.
    package var lane: Lane? { laneName.flatMap(Lane.init(rawValue:)) }

    /// Whether a webhook endpoint may still have to be notified of the completion: one that only a newer version can read.
    package var isMissingWebhooks: Bool { webhooksMissing == true }

    package var state: State { completedAt != nil ? .completed : closedAt != nil ? .closed : .open }
}

// MARK: - Transitions

extension Batch {
    /// - Returns: false if it was already closed.
    package mutating func close(at now: Timestamp) -> Bool {
        guard closedAt == nil else { return false }
        closedAt = now
        postpone(until: now)
        return true
    }

    /// Records that all tasks of a closed batch have finished.
    ///
    /// - Parameter isMissingWebhooks: whether a newer version may have to notify further webhook endpoints.
    /// - Returns: false if it is not closed, or was already completed.
    package mutating func complete(at now: Timestamp, isMissingWebhooks: Bool = false) -> Bool {
        guard closedAt != nil, completedAt == nil else { return false }
        completedAt = now
        webhooksMissing = isMissingWebhooks ? true : nil
        postpone(until: now)
        return true
    }

    /// Records that auth was notified. Nothing is left to do for the batch until its tasks are deleted, unless it is missing webhooks.
    package mutating func markTold(at now: Timestamp) {
        toldAt = now
        postpone(until: isMissingWebhooks ? nextWebhookCheck(after: now) : now + Self.emptyLife)
    }

    /// Records that no webhook endpoint is left to notify.
    package mutating func endWebhooks(at now: Timestamp) {
        webhooksMissing = nil
        postpone(until: toldAt.map { max(now, $0 + Self.emptyLife) } ?? now)
    }

    /// Schedules the next check.
    package mutating func postpone(until time: Timestamp) {
        due = time
        revision += 1
    }

    /// The time of the next check of a closed batch with unfinished tasks.
    package func nextCheck(after now: Timestamp) -> Timestamp {
        Self.nextCheck(after: now, since: closedAt, atMost: Self.checkIntervals.longest)
    }

    /// The time of the next check of a completed batch that is missing webhooks.
    package func nextWebhookCheck(after now: Timestamp) -> Timestamp {
        Self.nextCheck(after: now, since: completedAt, atMost: Self.longestWebhookInterval)
    }

    private static func nextCheck(after now: Timestamp, since start: Timestamp?, atMost longest: Duration) -> Timestamp {
        now + min(max((now - (start ?? now)) / 4, checkIntervals.shortest), longest)
    }
}

/// The number of tasks of a batch by status, without deleted ones.
package struct BatchCounts: Sendable, Hashable, Codable {
    package let pending: Int
    package let processing: Int
    package let completed: Int
    package let failed: Int
    package let cancelled: Int

    package init(_ counts: [TaskStatus: Int] = [:]) {
        pending = counts[.pending] ?? 0
        processing = counts[.processing] ?? 0
        completed = counts[.completed] ?? 0
        failed = counts[.failed] ?? 0
        cancelled = counts[.cancelled] ?? 0
    }

    package var total: Int { pending + processing + completed + failed + cancelled }
}

extension PixelFlowError {
    package static func unknownBatch(_ id: String) -> PixelFlowError {
        .invalid("batch", "The batch \(id.prefix(64)) does not exist.", code: "unknown_batch")
    }

    package static func tooManyBatches(_ limit: Int) -> PixelFlowError {
        PixelFlowError(
            .throttled, code: "too_many_batches",
            "Your organisation has \(limit) batches that are not completed; close some of them, or wait for their tasks to end.",
            retryAfter: 60)
    }

    package static func batchClosed(_ id: BatchID) -> PixelFlowError {
        PixelFlowError(.conflict, code: "batch_closed", "The batch \(id) is closed and accepts no more tasks.", field: "batch")
    }
}
