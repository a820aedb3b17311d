import HTTPTypes
import Hummingbird
import Logging
import OpenAPI
import PixelFlowCore
import PixelFlowDispatch
import PixelFlowHTTP

/// `/api/tasks`: list, read, cancel, replay and delete tasks.
struct TaskRoutes: Sendable {
    let dependencies: APIDependencies
    let views: TaskViews
    let reads: TaskReads
    let metrics: TaskMetrics

    var routes: [Route] {
        [
            Route(
                .get, "/api/tasks", id: "listTasks", tag: "tasks", "List tasks, newest first",
                details: """
                    Send `next_cursor` as `cursor` for the next page; it is null on the last one. To poll, send the `ETag` as \
                    `If-None-Match`: the response is 304 while nothing has changed, without a read of the database.
                    """, access: .scope(.readTasks),
                parameters: [
                    Self.status.description, Self.batch.description, Self.search.description, Self.limit.description,
                    Self.cursor.description, .ifNoneMatch,
                ],
                responses: [.json(CursorPage<TaskView>.self, "A page of tasks.", headers: [.eTag]), .notModified],
                problems: .readingTasks + [DeclaredProblem.invalidParameter, .preconditionFailed],
                handler: list),
            Route(
                .get, "/api/tasks/{id}", id: "getTask", tag: "tasks", "Read a task", access: .scope(.readTasks),
                parameters: [.taskID, .ifNoneMatch],
                responses: [.json(TaskView.self, "The task.", headers: [.eTag]), .notModified],
                problems: .readingTasks + [.taskNotFound, .preconditionFailed], handler: get),
            Route(
                .delete, "/api/tasks/{id}", id: "deleteTask", tag: "tasks", "Delete a task, its source and its outputs",
                details: Self.conditionNote, access: .scope(.writeTasks), parameters: [.taskID, .ifMatch],
                responses: [.empty(.noContent, "The task is deleted.")],
                problems: .readingTasks + [.taskNotFound, .preconditionFailed, .auditLogBusy], handler: delete),
            Route(
                .post, "/api/tasks/{id}/cancel", id: "cancelTask", tag: "tasks", "Cancel a task",
                details: "A task that is being processed stops at its next step. " + Self.conditionNote,
                access: .scope(.writeTasks), parameters: [.taskID, .ifMatch],
                responses: [.json(.accepted, TaskView.self, "The task.")],
                problems: .readingTasks + [
                    .taskNotFound, .preconditionFailed, .blobStoreUnavailable,
                    DeclaredProblem(.conflict, "task_is_final", "The task has already ended."),
                ], handler: cancel),
            Route(
                .post, "/api/tasks/{id}/replay", id: "replayTask", tag: "tasks", "Process a failed task again",
                details: "The task gets a new `generation`, and its attempts are counted from zero. " + Self.conditionNote,
                access: .scope(.writeTasks), parameters: [.taskID, .ifMatch],
                responses: [.json(.accepted, TaskView.self, "The task.")],
                problems: .readingTasks + [DeclaredProblem].quotas.prefix(1) + [
                    .taskNotFound, .preconditionFailed, DeclaredProblem(.conflict, "task_not_failed", "The task has not failed."),
                    DeclaredProblem(
                        .conflict, "task_events_waiting",
                        "The events of the last \(TaskStateMachine.outboxLimit) failures are not published yet; `Retry-After` says when to "
                            + "try again."),
                ], handler: replay),
        ]
    }

    private static let conditionNote = "`If-Match` is compared immediately before the change."

    // MARK: Parameters

    private static let status = QueryParameter<TaskStatus>(
        "status", .choice(TaskStatus.allCases.map(\.rawValue)), "Only tasks in this state.",
        expectation: "one of \(TaskStatus.allCases.map(\.rawValue).joined(separator: ", "))"
    ) { TaskStatus(rawValue: $0.uppercased()) }

    private static let batch = QueryParameter.batch("Only tasks of this batch.")

    private static let search = QueryParameter.text("search", maximumBytes: 256, "A part of the file name or the URL.")

    private static let limit = QueryParameter.integer("limit", 1...200, default: 50, "Tasks on a page.")

    private static let cursor = QueryParameter<TaskID>(
        "cursor", TaskID.schema, "The `next_cursor` of the previous page.", expectation: "a next_cursor, as a page has it"
    ) { TaskID(parsing: $0) }

    @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let query = request.query
        let representation = try await reads.list(
            TaskQuery(
                tenant: try context.requirePrincipal().tenant,
                status: try Self.status.value(in: query), batch: try Self.batch.value(in: query), search: try Self.search.value(in: query),
                limit: try Self.limit.value(in: query) ?? 50, before: try Self.cursor.value(in: query)),
            isConditional: request.headers[.ifNoneMatch] != nil)
        return try response(representation, to: request)
    }

    @Sendable private func get(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let representation = try await reads.task(
            try context.taskID(), of: try context.requirePrincipal().tenant, isConditional: request.headers[.ifNoneMatch] != nil)
        guard let representation else { throw PixelFlowError.notFound("task") }
        return try response(representation, to: request)
    }

    private func response(_ representation: TaskReads.Representation, to request: Request) throws -> Response {
        let headers: HTTPFields = [.eTag: representation.tag.description, .cacheControl: "private, no-cache"]
        if let known = try Preconditions(request).response(for: representation.tag, headers: headers) { return known }
        return .json(bytes: representation.bytes, headers: headers)
    }

    @Sendable private func delete(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let task = try await change(request, context) { id, tenant in
            try await dependencies.audit.record(
                .taskDeleted, on: id.rawValue, request, context,
                outcome: { $0.map { AuditRecorder.Outcome.done($0.auditName) } ?? .nothing },
                { try await dependencies.tasks.delete(id, of: tenant) })
        }
        dependencies.publisher.publish(task)
        return Response(status: .noContent)
    }

    @Sendable private func cancel(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let task = try await change(request, context) { try await dependencies.tasks.cancel($0, of: $1) }
        // If a worker is processing the task, the worker counts it when it stops.
        metrics.finished(task)
        do {
            try await dependencies.blobs.deleteUnreferenced(of: task)
            dependencies.publisher.publish(task)
        } catch {
            // The task is cancelled all the same. Its event stays due, and the dispatcher removes the objects before it publishes it.
            context.logger.warning(
                "objects of a cancelled task left to the dispatcher", metadata: ["task_id": "\(task.id)", "error": "\(error)"])
        }
        return .json(bytes: try views.json(task), status: .accepted)
    }

    @Sendable private func replay(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let task = try await change(request, context) { try await dependencies.tasks.replay($0, of: $1) }
        // If it may not pass, because its organisation has many tasks, it becomes due later and is then held.
        if dependencies.turns?.mayPass(task.lane, of: task.tenant) ?? true { dependencies.publisher.enqueue([task]) }
        dependencies.publisher.publish(task)
        return .json(bytes: try views.json(task), status: .accepted)
    }

    /// Evaluates the preconditions of the request against the current task, then changes it. The store checks the state of the task
    /// atomically with the change; the preconditions protect a client that decides by the state that it has read.
    private func change(
        _ request: Request, _ context: AppRequestContext, _ body: (TaskID, TenantID) async throws -> TaskRecord?
    ) async throws -> TaskRecord {
        let tenant = try context.requirePrincipal().tenant
        let conditions = Preconditions(request)
        if !conditions.isEmpty { try conditions.require(try await context.task(in: dependencies.tasks).tag) }
        let id = try context.taskID()
        // Also after a change whose response was lost.
        defer { dependencies.publisher.noteChange(id, of: tenant) }
        guard let task = try await body(id, tenant) else { throw PixelFlowError.notFound("task") }
        return task
    }
}

extension TaskRecord {
    /// The name of the source in the audit log, which outlives the task: the file name, or the URL without its query, which can be a
    /// secret.
    fileprivate var auditName: String {
        switch source {
        case .upload(let upload): upload.filename ?? ""
        case .url(let url): String(url.prefix { $0 != "?" && $0 != "#" })
        }
    }

    /// Changes whenever anything that clients see of the task changes.
    var tag: EntityTag { EntityTag("\(id)-\(revision)") }
}

extension AppRequestContext {
    /// The `:id` parameter of the path.
    ///
    /// - Throws: `not_found` if it is not a valid id.
    func taskID() throws -> TaskID {
        guard let id = parameters.get("id").flatMap(TaskID.init(parsing:)) else { throw PixelFlowError.notFound("task") }
        return id
    }

    /// The task named in the path, if it belongs to the caller's tenant.
    func task(in store: any TaskOwnerStore) async throws -> TaskRecord {
        guard let task = try await store.find(try taskID(), of: try requirePrincipal().tenant) else {
            throw PixelFlowError.notFound("task")
        }
        return task
    }
}
