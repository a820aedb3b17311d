import PixelFlowCore

/// What a client has missed, a small page at a time: the next page is read when the one before has been written to the client's
/// socket. A client that does not read, or has gone, costs the database no more than a page.
struct MissedChanges: Sendable {
    /// Tasks read at a time.
    static let page = 20
    /// More changes than this are not told again; the client is asked to list its tasks again.
    static let limit = 1000

    private let tasks: any TaskStore
    private let tenant: TenantID
    private var position: TimelinePosition?
    private var told = 0

    /// What comes next of the past.
    enum Step: Sendable {
        case changes([TaskRecord])
        /// There is more than a client is told.
        case tooMuch
        case end
    }

    /// - Parameter position: nil for a client that has missed nothing.
    init(_ tasks: any TaskStore, of tenant: TenantID, since position: EventPosition?) {
        self.tasks = tasks
        self.tenant = tenant
        self.position = position.map { TimelinePosition(after: $0.resume) }
    }

    mutating func next() async throws -> Step {
        guard let start = position else { return .end }
        try Task.checkCancellation()
        let found = try await tasks.changes(of: tenant, after: start, limit: Self.page)
        guard let last = found.last else {
            position = nil
            return .end
        }
        told += found.count
        guard told <= Self.limit else {
            position = nil
            return .tooMuch
        }
        position = found.count < Self.page ? nil : TimelinePosition(time: last.updatedAt, task: last.id)
        return .changes(found)
    }
}
