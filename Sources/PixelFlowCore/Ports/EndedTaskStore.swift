/// Sums over finished tasks by time and owner. They are computed from the tasks alone: a replayed task counts by its
/// last end, a deleted task does not count, and crashes can neither lose nor duplicate a task.
package protocol EndedTaskStore: Sendable {
    /// The number of tasks that finished in a time range, for each owner with any. Does not fill in `failures`.
    ///
    /// - Throws: `PixelFlowError` with `retry == .outage` if the backend does not respond.
    func endedTasks(of owners: [UserID], in span: TaskSpan) async throws -> [UserID: EndedTasks]
    /// The first failed tasks in a time range, of any of the owners.
    ///
    /// - Throws: like `endedTasks`.
    func failedTasks(of owners: [UserID], in span: TaskSpan, limit: Int) async throws -> [TaskRecord]
}

/// A time range of an organisation.
package struct TaskSpan: Sendable, Hashable {
    /// How long ago, by the store's clock, a range must have ended so that all of its tasks can be read: far longer than any write
    /// takes. A worker that is suspended for longer between reading the clock and writing adds a task that no sum includes.
    package static let settlingTime = Duration.seconds(60)

    package var tenant: TenantID
    package var from: Timestamp
    /// The exclusive end of the range.
    package var until: Timestamp

    package init(tenant: TenantID, from: Timestamp, until: Timestamp) {
        self.tenant = tenant
        self.from = from
        self.until = until
    }

    /// Splits the range into consecutive pieces of at most `length`.
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
