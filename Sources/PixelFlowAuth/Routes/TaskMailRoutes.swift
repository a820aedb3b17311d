import Hummingbird
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP

/// `/task-digests` and `/ended-batches`: who gets mail about tasks, and the content of that mail. For services only.
struct TaskMailRoutes: Sendable {
    let desk: any TaskMailDesk

    var routes: [Route] {
        [
            Route(
                .post, "/task-digests/claim", id: "claimTaskDigests", tag: "service", "Claim the digests of tasks that are due",
                details: """
                    For services: the bearer token is `PIXELFLOW_SERVICE_SECRET`. Each digest goes to one caller, and to another one if \
                    the first has not reported it within 2 minutes. There are none if no mail is sent.
                    """, access: .operator, responses: [.json(DigestRequests.self, "The digests to compute.")],
                problems: [.databaseUnavailable],
                handler: claim),
            Route(
                .post, "/task-digests", id: "reportTaskDigests", tag: "service", "Send mail about tasks",
                details: """
                    For services: the bearer token is `PIXELFLOW_SERVICE_SECRET`. Can be repeated: a span is mailed only once.
                    """, access: .operator, body: BodyDescription([.json(TaskDigestDelivery.self)], "The digests."),
                responses: [.empty(.noContent, "Subscribers will get a mail.")], problems: [.databaseUnavailable] + .fields,
                handler: reportDigests),
            Route(
                .post, "/ended-batches", id: "reportEndedBatches", tag: "service", "Send mail about completed batches",
                details: """
                    For services: the bearer token is `PIXELFLOW_SERVICE_SECRET`. Can be repeated: a batch is mailed only once within \
                    three days.
                    """, access: .operator, body: BodyDescription([.json(EndedBatchDelivery.self)], "The batches."),
                responses: [.empty(.noContent, "Subscribers will get a mail.")],
                problems: [.databaseUnavailable, .mailBacklog, .organisationMailBacklog] + .fields, handler: reportBatches),
        ]
    }

    @Sendable private func claim(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        try .json(DigestRequests(try await desk.claimDigests()))
    }

    @Sendable private func reportDigests(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let body: TaskDigestDelivery = try await request.decodeJSON(limit: TaskDigestDelivery.bodyLimit)
        guard body.digests.count <= DigestRequest.limit else {
            throw PixelFlowError.invalid("digests", "Send at most \(DigestRequest.limit) digests.")
        }
        try await desk.report(body.digests)
        return Response(status: .noContent)
    }

    @Sendable private func reportBatches(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let body: EndedBatchDelivery = try await request.decodeJSON(limit: TaskDigestDelivery.bodyLimit)
        guard body.batches.count <= EndedBatch.limit else {
            throw PixelFlowError.invalid("batches", "Send at most \(EndedBatch.limit) batches.")
        }
        try await desk.report(body.batches)
        return Response(status: .noContent)
    }
}
