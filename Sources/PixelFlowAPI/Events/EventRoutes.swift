import HTTPTypes
import Hummingbird
import NIOCore
import PixelFlowCore
import PixelFlowHTTP
import ServiceLifecycle

/// `GET /api/events`: changes of the tenant's tasks as they happen.
struct EventRoutes: Sendable {
    let dependencies: APIDependencies
    let views: TaskViews

    func add(to router: RouterGroup<AppRequestContext>) {
        router.get("events", use: events)
    }

    @Sendable private func events(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let principal = try context.requirePrincipal()
        let token = try await dependencies.verifier.inspect(try request.bearerToken())
        // Listening comes first, so that nothing falls between the past and the present.
        let open = try dependencies.hub.open(for: principal, until: token.acceptedUntil)
        let lastID = request.headers[Self.lastEventID] ?? request.query["last_event_id"]
        let resume = try await EventResume(
            of: principal.tenant, after: lastID.flatMap(EventPosition.init(lastEventID:)), in: dependencies.tasks, views: views)
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store", Self.accelBuffering: "no"],
            body: ResponseBody { writer in
                try await send(open.stream, after: resume, to: writer, request)
                try await writer.finish(nil)
            })
    }

    /// Ends with the stream, or when the client disconnects or the service stops.
    private func send(
        _ stream: EventStream, after resume: EventResume, to writer: any ResponseBodyWriter, _ request: Request
    ) async throws {
        try await request.body.watchingForClose {
            try await withGracefulShutdownHandler {
                try await stream.run(to: writer) { sender in
                    try await sender.write([ServerSentEvent.retry])
                    try await resume.write(to: &sender)
                }
            } onGracefulShutdown: {
                stream.finish(.shutdown)
            }
        } onClosed: {
            stream.abort()
        }
    }

    // Each literal is a valid header name, so the fallback is never taken.
    private static let lastEventID = HTTPField.Name("last-event-id") ?? .via
    /// Tells nginx not to buffer the stream.
    private static let accelBuffering = HTTPField.Name("x-accel-buffering") ?? .via
}
