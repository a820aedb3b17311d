import PixelFlowCore

/// The changes that a client has missed, in small pages. The next page is read when the previous one has been written to the client's
/// socket, so a client that does not read, or has disconnected, costs the database at most one page.
struct MissedChanges: Sendable {
    /// The number of tasks read at a time.
    static let page = 20
    /// If a client has missed more changes than this, it must list its tasks again.
    static let limit = 1000

    private let tasks: any TaskOwnerStore
    private let tenant: TenantID
    private var position: TimelinePosition?
    private var sent = 0

    /// The next part of the missed changes.
    enum Step: Sendable {
        case changes([TaskRecord])
        /// There are more changes than the limit.
        case tooMuch
        case end
    }

    /// - Parameter position: nil for a client without missed changes.
    init(_ tasks: any TaskOwnerStore, of tenant: TenantID, since position: EventPosition?) {
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
        sent += found.count
        guard sent <= Self.limit else {
            position = nil
            return .tooMuch
        }
        position = found.count < Self.page ? nil : TimelinePosition(time: last.updatedAt, task: last.id)
        return .changes(found)
    }
}
