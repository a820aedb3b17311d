/// Names a batch: a UUIDv7, so that the newest sorts last.
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

/// Tasks that belong together, such as those of an import.
///
/// Which tasks these are, and how far they are, follows from the tasks alone: adding one or ending one does not write here. Stores
/// change a batch only by its own methods, each time from the revision that they have read.
package struct Batch: Sendable, Hashable, Codable {
    package enum State: String, Sendable, Codable, CaseIterable {
        /// Takes tasks.
        case open
        /// Takes no more tasks; some have not ended.
        case closed
        /// All of its tasks had ended. A replay does not change that.
        case completed
    }

    /// A completed batch without tasks is kept for so long.
    package static let emptyLife = Duration.seconds(86_400)
    /// Between two looks at a closed batch whose tasks have not ended: a quarter of the time since it was closed, within these bounds.
    /// The end of a task is looked at without them.
    static let lookIntervals = (shortest: Duration.seconds(5), longest: Duration.seconds(60))

    package let id: BatchID
    package let tenant: TenantID
    package let owner: UserID
    package let description: String
    private let laneName: String?
    package let createdAt: Timestamp
    package private(set) var closedAt: Timestamp?
    package private(set) var completedAt: Timestamp?
    /// When auth was told that it is completed, so that people are mailed.
    package private(set) var toldAt: Timestamp?
    /// When somebody should look at it next, whatever happens to its tasks.
    package private(set) var due: Timestamp
    /// Grows with every change.
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
        due = createdAt
        revision = 1
    }

    private enum CodingKeys: String, CodingKey {
        case id, tenant, owner, description, createdAt, closedAt, completedAt, toldAt, due, revision
        case laneName = "lane"
    }

    /// Of tasks that name none; nil for none, and for one that only a newer version knows.
    package var lane: Lane? { laneName.flatMap(Lane.init(rawValue:)) }

    package var state: State { completedAt != nil ? .completed : closedAt != nil ? .closed : .open }
}

// MARK: - Transitions

extension Batch {
    /// - Returns: false if it has been closed before.
    package mutating func close(at now: Timestamp) -> Bool {
        guard closedAt == nil else { return false }
        closedAt = now
        postpone(until: now)
        return true
    }

    /// All tasks of a closed batch have ended.
    ///
    /// - Returns: false if it is not closed, or has been completed before.
    package mutating func complete(at now: Timestamp) -> Bool {
        guard closedAt != nil, completedAt == nil else { return false }
        completedAt = now
        postpone(until: now)
        return true
    }

    /// Nothing is left to do for a completed batch until its tasks are gone.
    package mutating func markTold(at now: Timestamp) {
        toldAt = now
        postpone(until: now + Self.emptyLife)
    }

    /// Has it looked at again later.
    package mutating func postpone(until time: Timestamp) {
        due = time
        revision += 1
    }

    /// When to look again at a closed batch whose tasks have not ended.
    package func nextLook(after now: Timestamp) -> Timestamp {
        let age = now - (closedAt ?? now)
        return now + min(max(age / 4, Self.lookIntervals.shortest), Self.lookIntervals.longest)
    }
}

/// How many tasks of a batch there are in each state; deleted ones do not count.
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

    package static func batchClosed(_ id: BatchID) -> PixelFlowError {
        PixelFlowError(.conflict, code: "batch_closed", "The batch \(id) is closed and accepts no more tasks.", field: "batch")
    }
}
