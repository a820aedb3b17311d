import NIOCore
import PixelFlowCore

/// What a client that comes back has missed.
struct EventResume: Sendable {
    /// More changes than this are not told again; the client is asked to list its tasks anew.
    static let limit = 1000

    private enum Past {
        case nothing
        case changes([TaskRecord])
        case tooMuch
    }

    private let past: Past
    private let views: TaskViews

    /// - Parameter position: where the client left; nil for one that is new.
    init(of tenant: TenantID, after position: EventPosition?, in tasks: any TaskStore, views: TaskViews) async throws {
        self.views = views
        guard let position else {
            past = .nothing
            return
        }
        let tasks = try await tasks.changes(of: tenant, after: position.resume, limit: Self.limit + 1)
        past = tasks.count > Self.limit ? .tooMuch : .changes(tasks)
    }

    /// Sends it one by one, as fast as the client reads.
    func write(to sender: inout EventStream.Sender) async throws {
        switch past {
        case .nothing: break
        case .changes(let tasks):
            for task in tasks { try await sender.write([try views.event(TaskChange(task))]) }
        case .tooMuch: try await sender.write([ServerSentEvent.reset])
        }
    }
}
