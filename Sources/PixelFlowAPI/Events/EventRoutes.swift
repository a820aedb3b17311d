import HTTPTypes
import Hummingbird
import NIOCore
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import ServiceLifecycle

/// `GET /api/events`: changes of the tenant's tasks as they happen.
struct EventRoutes: Sendable {
    let dependencies: APIDependencies
    let views: TaskViews

    var routes: [Route] {
        [
            Route(
                .get, "/api/events", id: "getEvents", tag: "events", "Follow the changes of tasks",
                details: """
                    A stream of server-sent events: `task` with the whole task as data for every change, and `task_deleted` with its id. \
                    After a disconnect, send the `id` of the last event to receive what was missed, each change at least once. If there \
                    is too much of it, the stream sends `reset`: list the tasks again. A comment after 15 s without an event keeps the \
                    stream alive.

                    Read events as fast as they arrive. A client with more than 512 events or 1 MiB waiting receives `reset` when it \
                    continues to read, and its stream ends. A client that reads nothing for two minutes while data is being sent is \
                    disconnected. A stream ends when its token or key expires or is revoked.

                    When few tasks are in progress, the end of a task is sent immediately. Under load, ends are batched for up to 20 ms, \
                    and earlier changes for up to 100 ms.
                    """, access: .scope(.readTasks),
                parameters: [
                    .init("Last-Event-ID", in: .header, .string(), "The `id` of the last event that arrived."),
                    .init("last_event_id", in: .query, .string(), "The same, for clients that cannot send the header."),
                ],
                responses: [
                    ResponseDescription(200, "The stream.", [.init("text/event-stream", .schema(.string()))])
                ],
                problems: .readingTasks + [
                    DeclaredProblem(.throttled, "too_many_event_streams", "The user has too many open streams (64)."),
                    DeclaredProblem(.unavailable, "event_streams_exhausted", "The replica has too many open streams (2,000)."),
                ], handler: events)
        ]
    }

    @Sendable private func events(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let principal = try context.requirePrincipal()
        let token = try await dependencies.verifier.inspect(try request.bearerToken())
        // Listening comes first, so that nothing falls between the past and the present.
        let open = try dependencies.hub.open(for: principal, until: token.acceptedUntil) { [verifier = dependencies.verifier] in
            verifier.isRevoked(principal)
        }
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
