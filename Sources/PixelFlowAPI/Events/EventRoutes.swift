import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import PixelFlowCore
import PixelFlowHTTP
import ServiceLifecycle

/// `GET /api/events`: changes of the tenant's tasks as they happen.
struct EventRoutes: Sendable {
    /// How often an idle stream says that it is alive.
    static let heartbeat = Duration.seconds(15)

    let tools: APITools
    let views: TaskViews

    func add(to router: RouterGroup<AppRequestContext>) {
        router.get("events", use: events)
    }

    @Sendable private func events(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let tenant = try context.requirePrincipal().tenant
        // Listening comes first, so that nothing falls between the past and the present.
        let live = tools.hub.changes(of: tenant)
        let lastID = request.headers[Self.lastEventID] ?? request.uri.queryParameters.get("last_event_id")
        var missed = MissedChanges(tools.tasks, of: tenant, since: lastID.flatMap(EventPosition.init(lastEventID:)))
        // Read before the answer begins, so that an outage is a 503.
        let first = try await missed.next()
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store", Self.accelBuffering: "no"],
            body: ResponseBody { [missed] writer in
                try await self.open(with: first, missed, to: &writer)
                try await self.stream(live, to: &writer)
                try await writer.finish(nil)
            })
    }

    // Each literal is a valid header name, so the fallback is never taken.
    private static let lastEventID = HTTPField.Name("last-event-id") ?? .via
    /// Asks nginx not to gather the stream.
    private static let accelBuffering = HTTPField.Name("x-accel-buffering") ?? .via

    // MARK: Past

    /// Tells the past: each change waits until the socket has taken the one before.
    private func open(with first: MissedChanges.Step, _ rest: MissedChanges, to writer: inout any ResponseBodyWriter) async throws {
        try await writer.write(ByteBuffer(string: "retry: 2000\n\n"))
        var rest = rest
        var step = first
        while true {
            switch step {
            case .changes(let tasks):
                for task in tasks {
                    var buffer = ByteBuffer()
                    try event(TaskChange(task)).write(to: &buffer)
                    try await writer.write(buffer)
                    await Task.yield()
                }
            case .tooMuch:
                var buffer = ByteBuffer()
                ServerSentEvent(event: "reset", data: ByteBuffer(string: "{}")).write(to: &buffer)
                return try await writer.write(buffer)
            case .end: return
            }
            step = try await rest.next()
        }
    }

    // MARK: Present

    private enum Signal: Sendable {
        case change(TaskChange)
        case heartbeat
        case end
    }

    private func stream(_ live: AsyncStream<TaskChange>, to writer: inout any ResponseBodyWriter) async throws {
        let (signals, continuation) = AsyncStream.makeStream(of: Signal.self)
        let feeding = Task {
            for await change in live { continuation.yield(.change(change)) }
            continuation.yield(.end)
        }
        let beating = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: Self.heartbeat)
                continuation.yield(.heartbeat)
            }
        }
        defer {
            feeding.cancel()
            beating.cancel()
        }
        for await signal in signals.cancelOnGracefulShutdown() {
            switch signal {
            case .change(let change):
                var buffer = ByteBuffer()
                try event(change).write(to: &buffer)
                try await writer.write(buffer)
            case .heartbeat: try await writer.write(ServerSentEvent.heartbeat)
            case .end: return
            }
        }
    }

    private func event(_ change: TaskChange) throws -> ServerSentEvent {
        let id = EventPosition.id(of: change.task)
        guard change.task.deletedAt == nil else {
            return ServerSentEvent(id: id, event: "task_deleted", data: ByteBuffer(string: #"{"id":"\#(change.task.id)"}"#))
        }
        return ServerSentEvent(id: id, event: "task", data: try views.json(change))
    }
}
