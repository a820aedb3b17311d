import NIOCore
import PixelFlowCore

/// Sends a reconnecting client the changes that it missed, one page at a time.
struct EventResume: Sendable {
    private let first: MissedChanges.Step
    private let rest: MissedChanges
    private let views: TaskViews
    private let filter: EventFilter
    /// The position before the first message, from which a client that loses its connection continues.
    private let start: EventPosition?
    private let opened: EventPosition?

    /// Reads the first page, so that an outage results in a 503 and not in a broken stream.
    ///
    /// - Parameters:
    ///   - filter: selects the tasks. A single task is sent in its current state.
    ///   - position: the client's last position; nil for a new client.
    ///   - time: a time of the store at which the stream was not open yet; nil if it is not known, as during an outage.
    ///   - task: a followed task, as read since the stream is open.
    init(
        of tenant: TenantID, _ filter: EventFilter, after position: EventPosition?, openedAfter time: Timestamp?,
        from tasks: any TaskOwnerStore, known task: TaskRecord? = nil, views: TaskViews
    ) async throws {
        self.filter = filter
        opened = time.map { EventPosition(at: $0) }
        start = position == .unknown ? opened : position ?? opened
        var missed: MissedChanges
        if let task, position != nil {
            missed = MissedChanges(tasks, of: tenant, since: nil)
            first = .changes([task])
        } else if position == .unknown {
            missed = MissedChanges(tasks, of: tenant, since: nil)
            first = .tooMuch
        } else {
            missed = MissedChanges(tasks, of: tenant, since: position)
            first = try await missed.next()
        }
        rest = missed
        self.views = views
    }

    /// The position before the first message, for the client; none if it is not known.
    var beginning: [EventMessage] { position(start) }

    private func position(_ position: EventPosition?) -> [EventMessage] { position.map { [.position($0)] } ?? [] }

    /// Sends the changes one by one, as fast as the client reads. Reads the next page only after sending the current one.
    func write(to sender: inout EventStream.Sender) async throws {
        var step = first
        var rest = rest
        while true {
            switch step {
            case .changes(let tasks):
                let included = tasks.filter(filter.includes)
                if included.isEmpty { try await sender.passOver() }
                for task in included {
                    try await sender.write([.change(EncodedEvent(try views.event(TaskChange(task))))])
                    // One thread serves many clients, so a long replay must yield to the others.
                    await Task.yield()
                }
            // From the old position, the client would be reset again.
            case .tooMuch: return try await sender.write([.reset] + position(opened))
            // So that the next connection does not read the same changes again. None of those before this position is missing.
            case .end:
                if opened != start { try await sender.write(position(opened)) }
                return
            }
            step = try await rest.next()
        }
    }
}
