import HTTPTypes
import Hummingbird
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP

/// `/api/batches`: groups of tasks.
struct BatchRoutes: Sendable {
    let batches: any BatchOwnerStore
    /// Nil if this process does not complete batches.
    let watch: BatchWatch?
    /// Unfinished batches per organisation.
    let limit: Int
    let clock: any WallClock

    private static let bodyLimit = 16 * 1024

    var routes: [Route] {
        [
            Route(
                .post, "/api/batches", id: "createBatch", tag: "batches", "Open a batch",
                details: """
                    Send its `id` as `batch` with uploads. A batch to which no task is added for \
                    \(BatchSettings.idleSetting.description.defaultText) s (`\(BatchSettings.idleSetting.description.name)`) is closed.
                    """, access: .scope(.writeTasks), rate: .of(.upload),
                body: BodyDescription([.json(BatchRequest.self)], "The batch; may be `{}`."),
                responses: [
                    .json(
                        .created, BatchView.self, "The batch, which is open.",
                        headers: [.init("location", .string(format: "uri-reference"), "The address of the batch.")])
                ],
                problems: .readingTasks + [
                    DeclaredProblem(.invalid, "invalid_value", "A value is not accepted; `field` is its name."),
                    DeclaredProblem(.invalid, "missing_value", "The body is null."), Self.insufficientStorage,
                    DeclaredProblem(
                        .throttled, "too_many_batches",
                        """
                        The organisation has \(BatchSettings.limitSetting.description.defaultText) batches \
                        (`\(BatchSettings.limitSetting.description.name)`) that are not completed.
                        """),
                ], handler: create),
            Route(
                .get, "/api/batches", id: "listBatches", tag: "batches", "List batches, newest first",
                details:
                    "Send `next_cursor` as `cursor` for the next page; it is null on the last one. Only single batches show their counts.",
                access: .scope(.readTasks), parameters: [Self.limit.description, Self.cursor.description],
                responses: [.json(CursorPage<BatchView>.self, "A page of batches.")],
                problems: .readingTasks + [DeclaredProblem.invalidParameter], handler: list),
            Route(
                .get, "/api/batches/{id}", id: "getBatch", tag: "batches", "Read a batch and count its tasks",
                access: .scope(.readTasks), parameters: [Self.id], responses: [.json(BatchView.self, "The batch.")],
                problems: .readingTasks + [Self.notFound], handler: get),
            Route(
                .post, "/api/batches/{id}/close", id: "closeBatch", tag: "batches", "Close a batch",
                details: """
                    No task is added after the response. Can be repeated. About a second after the batch is closed and its last task has \
                    ended, it is completed, and `batch.completed` is sent. A task that is replayed later runs in the batch, \
                    which stays completed.
                    """, access: .scope(.writeTasks), parameters: [Self.id],
                responses: [.json(BatchView.self, "The batch, which is closed.")],
                problems: .readingTasks + [Self.notFound, Self.insufficientStorage], handler: close),
        ]
    }

    private static let id = ParameterDescription("id", in: .path, BatchID.schema, "The id of the batch.")
    private static let notFound = DeclaredProblem(.notFound, "not_found", "There is no such batch, or it is another organisation's.")
    private static let insufficientStorage = DeclaredProblem(.insufficientStorage, "insufficient_storage", "The disk is full.")
    private static let limit = QueryParameter.integer("limit", 1...200, default: 50, "Batches on a page.")
    private static let cursor = QueryParameter.batch("The `next_cursor` of the previous page.", name: "cursor")

    @Sendable private func create(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let wish = try await request.decodeJSON(BatchRequest.self, limit: Self.bodyLimit)
        let batch = try wish.batch(of: try context.requirePrincipal(), at: clock.now())
        try await batches.add(batch, unfinished: limit)
        return try .json(BatchView(batch, BatchCounts()), status: .created, headers: [.location: "/api/batches/\(batch.id)"])
    }

    @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let limit = try Self.limit.value(in: request.query) ?? 50
        let query = BatchQuery(
            tenant: try context.requirePrincipal().tenant, limit: limit + 1, before: try Self.cursor.value(in: request.query))
        return try .json(CursorPage(try await batches.batches(query), limit: limit, view: { BatchView($0) }, cursor: { $0.id.rawValue }))
    }

    @Sendable private func get(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        try await response(try await batches.batch(try id(context), of: try context.requirePrincipal().tenant))
    }

    @Sendable private func close(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let closed = try await batches.close(try id(context), of: try context.requirePrincipal().tenant)
        if let closed, closed.state == .closed { watch?.note(closed.id, of: closed.tenant) }
        return try await response(closed)
    }

    private func response(_ batch: Batch?) async throws -> Response {
        guard let batch else { throw PixelFlowError.notFound("batch") }
        return try .json(BatchView(batch, try await batches.counts(of: batch.id, of: batch.tenant)))
    }

    private func id(_ context: AppRequestContext) throws -> BatchID {
        guard let id = context.parameters.get("id").flatMap(BatchID.init(parsing:)) else { throw PixelFlowError.notFound("batch") }
        return id
    }
}

extension QueryParameter where Value == BatchID {
    static func batch(_ text: String, name: String = "batch") -> Self {
        Self(name, BatchID.schema, text, expectation: "the id of a batch") { BatchID(parsing: $0) }
    }
}
