import HTTPTypes
import Hummingbird
import PixelFlowCore
import PixelFlowDispatch
import PixelFlowHTTP

/// `/api/tasks`: list, look, cancel, replay, delete.
struct TaskRoutes: Sendable {
    let dependencies: APIDependencies
    let views: TaskViews
    let metrics: TaskMetrics

    func add(to router: RouterGroup<AppRequestContext>) {
        router.get("tasks", use: list)
        router.get("tasks/:id", use: get)
        router.delete("tasks/:id", use: delete)
        router.post("tasks/:id/cancel", use: cancel)
        router.post("tasks/:id/replay", use: replay)
    }

    @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let query = request.query
        let page = try await dependencies.tasks.list(
            TaskQuery(
                tenant: try context.requirePrincipal().tenant,
                status: try status(query.nonEmpty("status")),
                search: try search(query.nonEmpty("search")),
                limit: try limit(query.nonEmpty("limit")),
                before: try cursor(query.nonEmpty("cursor"))))
        return .json(bytes: try await views.json(page))
    }

    @Sendable private func get(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let task = try await context.task(in: dependencies.tasks)
        let headers: HTTPFields = [.eTag: task.tag.description, .cacheControl: "private, no-cache"]
        if let known = try Preconditions(request).response(for: task.tag, headers: headers) { return known }
        return .json(bytes: try views.json(task), headers: headers)
    }

    @Sendable private func delete(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let task = try await change(request, context) { try await dependencies.tasks.delete($0, of: $1) }
        dependencies.publisher.publish(task)
        return Response(status: .noContent)
    }

    @Sendable private func cancel(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let task = try await change(request, context) { try await dependencies.tasks.cancel($0, of: $1) }
        // A task that is being worked on is counted by its worker, once it has stopped.
        metrics.finished(task)
        try await dependencies.blobs.deleteUnreferenced(of: task)
        dependencies.publisher.publish(task)
        return .json(bytes: try views.json(task), status: .accepted)
    }

    @Sendable private func replay(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let task = try await change(request, context) { try await dependencies.tasks.replay($0, of: $1) }
        dependencies.publisher.enqueue([task])
        dependencies.publisher.publish(task)
        return .json(bytes: try views.json(task), status: .accepted)
    }

    /// Evaluates the preconditions of the request against the current task, then changes it. The store checks the state of the task
    /// together with the change; the preconditions protect a client that decides by the state that it has read.
    private func change(
        _ request: Request, _ context: AppRequestContext, _ body: (TaskID, TenantID) async throws -> TaskRecord?
    ) async throws -> TaskRecord {
        let tenant = try context.requirePrincipal().tenant
        let conditions = Preconditions(request)
        if !conditions.isEmpty { try conditions.require(try await context.task(in: dependencies.tasks).tag) }
        guard let task = try await body(try context.taskID(), tenant) else { throw PixelFlowError.notFound("task") }
        return task
    }

    // MARK: Query

    private func status(_ text: String?) throws -> TaskStatus? {
        guard let text else { return nil }
        guard let status = TaskStatus(rawValue: text.uppercased()) else {
            throw PixelFlowError.invalid(
                "status", "status must be one of \(TaskStatus.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return status
    }

    private func search(_ text: String?) throws -> String? {
        guard let text else { return nil }
        guard text.utf8.count <= 256 else { throw PixelFlowError.invalid("search", "search is longer than 256 bytes.") }
        return text
    }

    private func limit(_ text: String?) throws -> Int {
        guard let text else { return 50 }
        guard let limit = Int(text), (1...200).contains(limit) else {
            throw PixelFlowError.invalid("limit", "limit must be a whole number from 1 to 200.")
        }
        return limit
    }

    private func cursor(_ text: String?) throws -> TaskID? {
        guard let text else { return nil }
        guard let id = TaskID(parsing: text) else { throw PixelFlowError.invalid("cursor", "cursor must be a next_cursor of this list.") }
        return id
    }
}

extension TaskRecord {
    /// Changes with everything that clients see of a task.
    fileprivate var tag: EntityTag { EntityTag("\(id)-\(revision)") }
}

extension AppRequestContext {
    /// The `:id` of the path.
    ///
    /// - Throws: `not_found` if it cannot be one.
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
