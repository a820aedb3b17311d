/// Sums over tasks by when they ended and by who has added them. They follow from the tasks alone: one that was replayed counts by its
/// last end, one that is deleted does not count, and nothing that is killed can lose or double one.
package protocol EndedTaskStore: Sendable {
    /// How many tasks have ended in a span of time, for each of the owners that has any. The failures are not filled in.
    ///
    /// - Throws: `PixelFlowError` with `retry == .outage` while the backend does not answer.
    func endedTasks(of owners: [UserID], in span: TaskSpan) async throws -> [UserID: EndedTasks]
    /// The first tasks that have failed in a span of time, of any of the owners.
    ///
    /// - Throws: as `endedTasks`.
    func failedTasks(of owners: [UserID], in span: TaskSpan, limit: Int) async throws -> [TaskRecord]
}

/// A span of time in the life of an organisation.
package struct TaskSpan: Sendable, Hashable {
    /// How far a span must lie behind, by the store's clock, until every end in it can be read: far over the longest that a write of a
    /// task may take, and a worker that is suspended for longer between its look at the clock and its write adds an end that no sum has.
    package static let settlingTime = Duration.seconds(60)

    package var tenant: TenantID
    package var from: Timestamp
    /// Does not belong to the span.
    package var until: Timestamp

    package init(tenant: TenantID, from: Timestamp, until: Timestamp) {
        self.tenant = tenant
        self.from = from
        self.until = until
    }

    /// The same in pieces, from the first on, none of which is longer than `length`.
    package func pieces(of length: Duration) -> [TaskSpan] {
        var pieces: [TaskSpan] = []
        var start = from
        while start < until {
            let end = min(start + length, until)
            pieces.append(TaskSpan(tenant: tenant, from: start, until: end))
            start = end
        }
        return pieces
    }
}
