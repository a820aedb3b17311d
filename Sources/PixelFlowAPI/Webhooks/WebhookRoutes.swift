import HTTPTypes
import Hummingbird
import Logging
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP
import WireFormats

/// `/api/webhooks`: endpoints that receive events.
struct WebhookRoutes: Sendable {
    let endpoints: WebhookEndpoints
    let audit: AuditRecorder
    /// Makes the sender check for due deliveries.
    let wake: @Sendable () -> Void

    private static let bodyLimit = 16 * 1024

    var routes: [Route] {
        [
            Route(
                .get, "/api/webhooks", id: "listWebhooks", tag: "webhooks", "List webhooks, oldest first", access: .scope(.writeWebhooks),
                responses: [.json(WebhookListView.self, "All webhooks but `default`.")], problems: .readingTasks, handler: list),
            Route(
                .post, "/api/webhooks", id: "createWebhook", tag: "webhooks", "Add a webhook",
                details: "Only this response shows the `secret`. The webhook receives every event after it.",
                access: .scope(.writeWebhooks), body: BodyDescription([.json(WebhookRequest.self)], "`url` and `events` are required."),
                responses: [.json(.created, WebhookView.self, "The webhook, with its secret.")],
                problems: .readingTasks + [.auditLogBusy, Self.boundedKey] + Self.invalid + [
                    DeclaredProblem(.conflict, "too_many_webhooks", "The organisation has \(WebhookEndpoint.limit) webhooks.")
                ], handler: create),
            Route(
                .get, "/api/webhooks/{id}", id: "getWebhook", tag: "webhooks", "Read a webhook", access: .scope(.writeWebhooks),
                parameters: [Self.id], responses: [.json(WebhookView.self, "The webhook, without its secret.")],
                problems: .readingTasks + [Self.notFound], handler: get),
            Route(
                .patch, "/api/webhooks/{id}", id: "changeWebhook", tag: "webhooks", "Change a webhook",
                details: "Absent fields keep their values. `enabled: true` enables a webhook that PixelFlow has disabled.",
                access: .scope(.writeWebhooks), parameters: [Self.id],
                body: BodyDescription([.json(WebhookRequest.self)], "The changes."),
                responses: [.json(WebhookView.self, "The webhook as it is now.")],
                problems: .readingTasks + [.auditLogBusy, Self.boundedKey] + Self.invalid + [Self.notFound], handler: change),
            Route(
                .delete, "/api/webhooks/{id}", id: "deleteWebhook", tag: "webhooks", "Delete a webhook and its deliveries",
                access: .scope(.writeWebhooks), parameters: [Self.id], responses: [.empty(.noContent, "The webhook is deleted.")],
                problems: .readingTasks + [
                    .auditLogBusy, Self.notFound,
                    DeclaredProblem(
                        .conflict, "webhook_in_use",
                        "The webhook `default` cannot be deleted: it signs the messages of tasks with a `webhook_url`."),
                ], handler: delete),
            Route(
                .post, "/api/webhooks/{id}/rotate", id: "rotateWebhook", tag: "webhooks", "Replace the secret of a webhook",
                details: "Only this response shows the new `secret`. For 24 hours, messages are signed with both.",
                access: .scope(.writeWebhooks), parameters: [Self.id],
                responses: [.json(WebhookView.self, "The webhook, with its new secret.")],
                problems: .readingTasks + [.auditLogBusy, Self.boundedKey, Self.notFound],
                handler: rotate),
            Route(
                .post, "/api/webhooks/{id}/test", id: "testWebhook", tag: "webhooks", "Send a test message",
                details: "Its `type` is `webhook.test`, regardless of the events of the webhook.",
                access: .scope(.writeWebhooks), parameters: [Self.id],
                responses: [.json(.accepted, WebhookDeliveryView.self, "The delivery, which is under way.")],
                problems: .readingTasks + [
                    Self.notFound, DeclaredProblem(.conflict, "webhook_disabled", "The webhook is disabled, or has no URL."),
                ], handler: test),
            Route(
                .get, "/api/webhooks/{id}/deliveries", id: "listWebhookDeliveries", tag: "webhooks", "List deliveries, newest first",
                details: """
                    With the log of their attempts, but without the responses, which only the single delivery shows. Deliveries are kept \
                    for 30 days. \
                    Send `next_cursor` as `cursor` for the next page.
                    """,
                access: .scope(.writeWebhooks),
                parameters: [Self.id, Self.state.description, Self.limit.description, Self.cursor.description],
                responses: [.json(CursorPage<WebhookDeliveryView>.self, "A page of deliveries.")],
                problems: .readingTasks + [Self.notFound, DeclaredProblem.invalidParameter], handler: deliveries),
            Route(
                .get, "/api/webhooks/{id}/deliveries/{delivery}", id: "getWebhookDelivery", tag: "webhooks", "Read a delivery",
                access: .scope(.writeWebhooks), parameters: [Self.id, Self.delivery],
                responses: [.json(WebhookDeliveryView.self, "The delivery, with its message.")],
                problems: .readingTasks + [Self.notFound], handler: delivery),
            Route(
                .post, "/api/webhooks/{id}/replay", id: "replayWebhookDeliveries", tag: "webhooks", "Deliver again",
                details: """
                    One delivery in any state, or all that have failed since a time: at most \(Self.replayLimit) in one call, the \
                    oldest first. They keep their ids and get all attempts again.
                    """, access: .scope(.writeWebhooks), parameters: [Self.id],
                body: BodyDescription([.json(WebhookReplayRequest.self)], "One of the two fields."),
                responses: [.json(.accepted, WebhookReplayView.self, "The number of replayed deliveries.")],
                problems: .readingTasks + Self.invalid + [
                    Self.notFound, DeclaredProblem(.conflict, "delivery_under_way", "An attempt of the delivery is under way."),
                    DeclaredProblem(.conflict, "webhook_disabled", "The webhook is disabled."),
                ], handler: replay),
        ]
    }

    private static let boundedKey = DeclaredProblem(
        .forbidden, "key_is_bounded", "The API key is limited to networks or expires; the webhook would not be.")
    private static let replayLimit = 1000

    private static let id = ParameterDescription(
        "id", in: .path, .string(length: 1...64), "The id of the webhook; `default` for the `webhook_url` of tasks.")
    private static let delivery = ParameterDescription("delivery", in: .path, .string(length: 1...256), "The id of the delivery.")
    private static let notFound = DeclaredProblem(.notFound, "not_found", "There is no such webhook or delivery.")
    private static let invalid = [
        DeclaredProblem(.invalid, "invalid_value", "A value is not accepted; `field` is its name."),
        DeclaredProblem(.invalid, "missing_value", "A field that is required is missing."),
        DeclaredProblem(.invalid, "port_not_allowed", "The port of the URL is neither 80 nor 443 nor above 1023."),
    ]
    private static let state = QueryParameter<WebhookDelivery.State>(
        "state", .choice(WebhookDelivery.State.allCases.map(\.rawValue)), "Only deliveries in this state.",
        expectation: "one of \(WebhookDelivery.State.allCases.map(\.rawValue).joined(separator: ", "))"
    ) { WebhookDelivery.State(rawValue: $0) }
    private static let limit = QueryParameter.integer("limit", 1...200, default: 50, "Deliveries on a page.")
    private static let cursor = QueryParameter<WebhookDeliveryQuery.Position>(
        "cursor", .string(), "The `next_cursor` of the previous page.", expectation: "a next_cursor, as a page has it"
    ) { WebhookDeliveryQuery.Position($0) }
}

// MARK: Endpoints

extension WebhookRoutes {
    @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let found = try await endpoints.store.webhooks(of: try context.requirePrincipal().tenant)
        return try .json(WebhookListView(webhooks: found.endpoints.filter { $0.id != .organisation }.map { WebhookView($0) }))
    }

    @Sendable private func create(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let tenant = try requireUnbounded(context).tenant
        let wish = try await request.decodeJSON(WebhookRequest.self, limit: Self.bodyLimit)
        try wish.check()
        let endpoint = try wish.endpoint(of: tenant, at: endpoints.clock.now())
        try await audit.record(.webhookCreated, on: "\(endpoint.id)", request, context) { try await endpoints.add(endpoint) }
        return try .json(WebhookView(endpoint, showsSecret: true), status: .created)
    }

    @Sendable private func get(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        try .json(WebhookView(try await find(context)))
    }

    @Sendable private func change(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        // First check access, so that no one can learn from errors of the body whether the endpoint exists.
        _ = try await find(context)
        let wish = try await request.decodeJSON(WebhookRequest.self, limit: Self.bodyLimit)
        try wish.check()
        let (id, tenant) = (id(context), try requireUnbounded(context).tenant)
        let endpoint = try await audit.record(.webhookChanged, on: "\(id)", request, context) {
            try await endpoints.change(id, of: tenant) { endpoint, _ in try wish.apply(to: &endpoint) }
        }
        return try .json(WebhookView(endpoint))
    }

    @Sendable private func delete(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let (id, tenant) = (id(context), try context.requirePrincipal().tenant)
        guard id != .organisation else {
            throw PixelFlowError(
                .conflict, code: "webhook_in_use",
                "The webhook default cannot be deleted: it signs the messages of tasks with a webhook_url.")
        }
        try await audit.record(.webhookDeleted, on: "\(id)", request, context) {
            guard try await endpoints.store.removeWebhook(id, of: tenant) else { throw PixelFlowError.notFound("webhook") }
        }
        return Response(status: .noContent)
    }

    @Sendable private func rotate(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let (id, tenant) = (id(context), try requireUnbounded(context).tenant)
        let endpoint = try await audit.record(
            .webhookChanged, on: "\(id)", request, context, outcome: { _ in .done("secret replaced") },
            { try await endpoints.change(id, of: tenant) { endpoint, now in endpoint.rotate(to: .make(), at: now) } })
        return try .json(WebhookView(endpoint, showsSecret: true))
    }

    /// A webhook and its secret are good everywhere and for good, so a key that is not may neither add nor redirect one.
    ///
    /// - Throws: `key_is_bounded`.
    private func requireUnbounded(_ context: AppRequestContext) throws -> Principal {
        let principal = try context.requirePrincipal()
        guard !principal.isBounded else {
            throw PixelFlowError(
                .forbidden, code: "key_is_bounded",
                "This API key is limited to networks or expires; the webhook would not be. Use an unlimited key, or sign in.")
        }
        return principal
    }

    private func id(_ context: AppRequestContext) -> WebhookID { WebhookID(context.parameters.get("id") ?? "") }

    private func find(_ context: AppRequestContext) async throws -> WebhookEndpoint {
        try await endpoints.find(id(context), of: try context.requirePrincipal().tenant)
    }
}

// MARK: Deliveries

extension WebhookRoutes {
    @Sendable private func test(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let endpoint = try await find(context)
        guard endpoint.isEnabled, !endpoint.url.isEmpty else {
            throw PixelFlowError(.conflict, code: "webhook_disabled", "The webhook is disabled, or has no URL.")
        }
        let now = endpoints.clock.now()
        let delivery = WebhookDelivery(
            id: WebhookDeliveryID("msg_test_\(UUIDv7.make(at: now))"), tenant: endpoint.tenant, endpoint: endpoint.id, event: .test,
            eventAt: now, payload: .test, createdAt: now)
        try await endpoints.store.add(delivery)
        wake()
        return try .json(WebhookDeliveryView(delivery), status: .accepted)
    }

    @Sendable private func deliveries(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let query = request.query
        let limit = try Self.limit.value(in: query) ?? 50
        let state = try Self.state.value(in: query)
        let cursor = try Self.cursor.value(in: query)
        let queue = try await find(context).queue
        let found = try await endpoints.store.deliveries(WebhookDeliveryQuery(queue, state: state, limit: limit + 1, before: cursor))
        return try .json(
            CursorPage(
                found, limit: limit, view: { WebhookDeliveryView($0) }, cursor: { WebhookDeliveryQuery.Position($0).description }))
    }

    @Sendable private func delivery(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let queue = try await find(context).queue
        let id = WebhookDeliveryID(context.parameters.get("delivery") ?? "")
        guard let delivery = try await endpoints.store.delivery(id, to: queue) else { throw PixelFlowError.notFound("delivery") }
        let body = String(decoding: try WebhookMessage.body(of: delivery), as: UTF8.self)
        return try .json(WebhookDeliveryView(delivery, body: body))
    }

    @Sendable private func replay(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let endpoint = try await find(context)
        let wish = try await request.decodeJSON(WebhookReplayRequest.self, limit: Self.bodyLimit)
        // Every attempt would fail, and its log would replace the one that shows why the deliveries failed.
        guard endpoint.isEnabled else {
            throw PixelFlowError(.conflict, code: "webhook_disabled", "The webhook is disabled; enable it first.")
        }
        let queue = endpoint.queue
        let replayed: Int
        switch (wish.delivery, wish.since) {
        case (let id?, nil):
            guard try await endpoints.store.replay(WebhookDeliveryID(id), to: queue) != nil else {
                throw PixelFlowError.notFound("delivery")
            }
            replayed = 1
        case (nil, let since?):
            guard let time = Timestamp(iso8601: since) else {
                throw PixelFlowError.invalid("since", "since must be a time, such as 2027-01-31T08:00:00Z.")
            }
            replayed = try await endpoints.store.replayFailed(to: queue, since: time, limit: Self.replayLimit)
        default: throw PixelFlowError.invalid("delivery", "Send either delivery or since.")
        }
        if replayed > 0 { wake() }
        return try .json(WebhookReplayView(replayed: replayed), status: .accepted)
    }
}
