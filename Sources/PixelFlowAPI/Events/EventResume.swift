import NIOCore
import PixelFlowCore

/// Sends a reconnecting client the events that it missed, a page at a time.
struct EventResume: Sendable {
    private let first: MissedChanges.Step
    private let rest: MissedChanges
    private let views: TaskViews
    private let batch: BatchID?

    /// Reads the first page, so that an outage results in a 503 and not in a broken stream.
    ///
    /// - Parameters:
    ///   - batch: whose tasks alone are sent; nil for all.
    ///   - position: the last position of the client; nil for a new client.
    init(
        of tenant: TenantID, in batch: BatchID?, after position: EventPosition?, from tasks: any TaskOwnerStore, views: TaskViews
    ) async throws {
        self.batch = batch
        var missed = MissedChanges(tasks, of: tenant, since: position)
        first = try await missed.next()
        rest = missed
        self.views = views
    }

    /// Sends the changes one by one, as fast as the client reads; the next page is read when this one has been sent.
    func write(to sender: inout EventStream.Sender) async throws {
        var step = first
        var rest = rest
        while true {
            switch step {
            case .changes(let tasks):
                let told = batch == nil ? tasks : tasks.filter { $0.batch == batch }
                if told.isEmpty { try await sender.passOver() }
                for task in told {
                    try await sender.write([.change(EncodedEvent(try views.event(TaskChange(task))))])
                    // One thread serves many clients: a long past gives the others their turn.
                    await Task.yield()
                }
            case .tooMuch: return try await sender.write([.reset])
            case .end: return
            }
            step = try await rest.next()
        }
    }
}
