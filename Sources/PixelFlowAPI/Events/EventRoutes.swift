import HTTPTypes
import Hummingbird
import NIOCore
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import ServiceLifecycle

/// `GET /api/events`: changes of the tenant's tasks as they happen, as server-sent events or over a WebSocket.
struct EventRoutes: Sendable {
    let dependencies: APIDependencies
    let views: TaskViews
    /// Counts opened WebSockets that send their token later.
    let requests: RequestLimits
    private let tokenless = TokenlessSockets()

    init(dependencies: APIDependencies, views: TaskViews, requests: RequestLimits = .off) {
        self.dependencies = dependencies
        self.views = views
        self.requests = requests
    }

    var routes: [Route] {
        [
            Route(
                .get, "/api/events", id: "getEvents", tag: "events", "Follow the changes of tasks",
                details: """
                    A stream of server-sent events: `task` with the whole task as data for every change, and `task_deleted` with its id. \
                    After a disconnect, send the `id` of the last event to receive what was missed, each change at least once. The \
                    stream begins with an `id` without an event, for a client that has received none yet. If there \
                    is too much of it, or PixelFlow did not create the `id`, the stream sends `reset`: list the tasks again. A \
                    comment after 15 s without an event keeps the stream alive.

                    Read events as fast as they arrive. A client with more than 512 events or 1 MiB waiting receives `reset` when it \
                    continues to read, and its stream ends. A client that reads nothing for a minute while data is being sent is \
                    disconnected. A stream ends when its token or key expires or is revoked, and with `reset` when the service may have \
                    missed a change.

                    When few tasks are in progress, the end of a task is sent immediately. Under load, ends are batched for up to 20 ms, \
                    and earlier changes for up to 100 ms.

                    With `batch`, only changes of the tasks of that batch are sent; with `task`, only those of that task.

                    With `Upgrade: websocket`, the same events come as text messages over a WebSocket: \
                    `{"type":"task","id":"…","data":{…}}`, `{"type":"task_deleted",…}` and `{"type":"reset"}`. A client that cannot \
                    send the header `Authorization` sends `{"type":"authorize","token":"…","last_event_id":"…"}` as its first message, \
                    within 10 s. Nothing else is expected from it but pongs: after 15 s without an event, a ping is sent. A text closes \
                    the connection with 1008, a binary message with 1003, and more than 8 KiB with 1009. The connection closes with \
                    4401 when the token or key ends or is refused, with 4408 after a `reset` for a client that does not read fast \
                    enough, with 1008 if the batch or task does not exist, with 1001 when the replica stops, and with 1013 after a \
                    `reset` because of missed changes, or when it cannot serve the client now.
                    """, access: .scopeOrFirstMessage(.readTasks),
                parameters: [
                    .init("Last-Event-ID", in: .header, .string(), "The `id` of the last event that arrived."),
                    .init("last_event_id", in: .query, .string(), "The same, for clients that cannot send the header."),
                    Self.batch.description, Self.task.description,
                ],
                responses: [
                    ResponseDescription(101, "The WebSocket is open; only if the request asks for one.", []),
                    ResponseDescription(200, "The stream.", [.init("text/event-stream", .schema(.string()))]),
                ],
                problems: .readingTasks + [
                    DeclaredProblem.invalidParameter, DeclaredProblem(.notFound, "not_found", "There is no such batch or task."),
                    DeclaredProblem(
                        .throttled, "too_many_event_streams", "The user has too many open streams (64), or the organisation most of all."),
                    DeclaredProblem(.unavailable, "event_streams_exhausted", "The replica has too many open streams (2,000)."),
                ], handler: events)
        ]
    }

    @Sendable private func events(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let lastID = request.headers[Self.lastEventID] ?? request.query["last_event_id"]
        let filter = try Self.filter(of: request)
        if request.asksForWebSocket { return try await socket(request, context, after: lastID, of: filter) }
        let subscription = try await subscribe(verify(try request.bearerToken(), request, context), after: lastID, of: filter)
        return Response(
            status: .ok,
            // The connection closes with the stream.
            headers: [
                .contentType: "text/event-stream", .cacheControl: "no-store", .connection: "close", Self.accelBuffering: "no",
            ],
            body: ResponseBody { writer in
                let stream = subscription.open.stream
                try await withGracefulShutdownHandler {
                    try await sendPast(of: subscription, to: writer, context)
                    if stream.isOver { return try await writer.finish(nil) }
                    // The request's task ends here.
                    try await context.continueOnLoop { response in
                        ServerSentOutlet(response).follow(subscription.open, on: context.eventLoop)
                    }
                } onGracefulShutdown: {
                    stream.finish(.shutdown)
                }
            })
    }

    private func verify(_ token: String, _ request: Request, _ context: AppRequestContext) async throws -> VerifiedToken {
        try await dependencies.verifier.admit(token, request, context, proxies: dependencies.proxies)
    }

    /// - Parameters:
    ///   - lastID: the `id` of the last event that the client received.
    ///   - filter: selects the tasks.
    private func subscribe(_ verified: VerifiedToken, after lastID: String?, of filter: EventFilter) async throws -> EventSubscription {
        try verified.principal.require(.readTasks)
        // A new client needs no store: during an outage, it only gets no position to continue from.
        let time = try? await dependencies.batches.batchTime()
        try Task.checkCancellation()
        // Start listening before reading past changes, so that no change is lost in between, including the end of a followed task.
        let open = try dependencies.hub.open(for: verified.principal, until: verified.acceptedUntil, of: filter) {
            [verifier = dependencies.verifier] in verifier.isRevoked(verified.principal)
        }
        let task = try await subject(of: filter, tenant: verified.principal.tenant)
        let resume = try await EventResume(
            of: verified.principal.tenant, filter, after: lastID.flatMap { $0.isEmpty ? nil : EventPosition(lastEventID: $0, now: time) },
            openedAfter: time,
            from: dependencies.tasks, known: task, views: views)
        return EventSubscription(open: open, resume: resume)
    }

    /// The followed task; nil if the filter does not select a single task.
    ///
    /// - Throws: `not_found`.
    private func subject(of filter: EventFilter, tenant: TenantID) async throws -> TaskRecord? {
        switch filter {
        case .all: return nil
        case .batch(let id):
            guard try await dependencies.batches.batch(id, of: tenant) != nil else { throw PixelFlowError.notFound("batch") }
            return nil
        case .task(let id):
            guard let task = try await dependencies.tasks.find(id, of: tenant) else { throw PixelFlowError.notFound("task") }
            return task
        }
    }

    private static func filter(of request: Request) throws -> EventFilter {
        switch (try batch.value(in: request.query), try task.value(in: request.query)) {
        case (let batch?, nil): return .batch(batch)
        case (nil, let task?): return .task(task)
        case (nil, nil): return .all
        case (_?, _?): throw PixelFlowError(.invalid, code: "invalid_value", "Only one of batch and task can be followed.", field: "task")
        }
    }

    /// Rejects invalid requests before the 101; a client without a token sends it as the first message.
    private func socket(
        _ request: Request, _ context: AppRequestContext, after lastID: String?, of filter: EventFilter
    ) async throws -> Response {
        let handshake = try WebSocketHandshake(request)
        var subscription: EventSubscription?
        var slot: TokenlessSockets.Slot?
        if context.principal == nil {
            let address = dependencies.proxies.client(of: request, context: context)?.subscriber ?? ""
            slot = tokenless.enter(from: address)
            guard slot != nil else { throw PixelFlowError.eventStreamsExhausted }
        } else {
            subscription = try await subscribe(verify(try request.bearerToken(), request, context), after: lastID, of: filter)
        }
        return context.upgrade(
            to: "websocket", headers: handshake.headers, handlers: WebSocketHandshake.handlers,
            own: { [isAuthorized = subscription != nil] in EventSocket($0, on: context.eventLoop, isAuthorized: isAuthorized) }
        ) { [subscription, slot] socket in
            let opening = EventSocketOpening(socket: socket, eventLoop: context.eventLoop) { token, id in
                try await authorize(token, after: id ?? lastID, of: filter, request, context, slot)
            }
            await opening.run(subscription)
        }
    }

    /// The client has sent its token as the first message, so the author of the request is known only now.
    private func authorize(
        _ token: String, after lastID: String?, of filter: EventFilter, _ request: Request, _ context: AppRequestContext,
        _ slot: TokenlessSockets.Slot?
    ) async throws -> EventSubscription {
        let verified = try await verify(token, request, context)
        var context = context
        context.principal = verified.principal
        do {
            _ = try await requests.admit(.read, request, context)
        } catch let error as HeaderedError {
            throw error.error
        }
        let subscription = try await subscribe(verified, after: lastID, of: filter)
        slot?.leave()
        return subscription
    }

    private func sendPast(
        of subscription: EventSubscription, to writer: any ResponseBodyWriter, _ context: AppRequestContext
    ) async throws {
        let stream = subscription.open.stream
        stream.attach { context.closeConnection() }
        try await stream.sendPast(to: ServerSentSink(writer: writer)) { sender in
            try await sender.write([.retry] + subscription.resume.beginning)
            try await subscription.resume.write(to: &sender)
        }
    }

    private static let batch = QueryParameter.batch("Only changes of the tasks of this batch.")
    private static let task = QueryParameter<TaskID>(
        "task", TaskID.schema, "Only changes of this task.", expectation: "the id of a task"
    ) { TaskID(parsing: $0) }
    // All literals are valid header names, so the fallback is never used.
    private static let lastEventID = HTTPField.Name("last-event-id") ?? .via
    /// Disables nginx's buffering of the stream.
    private static let accelBuffering = HTTPField.Name("x-accel-buffering") ?? .via
}
