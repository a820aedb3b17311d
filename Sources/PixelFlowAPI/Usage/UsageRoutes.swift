import Hummingbird
import Logging
import OpenAPI
import PixelFlowCore
import PixelFlowHTTP

/// `/api/usage`: the usage and quotas of the caller's organisation.
struct UsageRoutes: Sendable {
    let reads: TaskReads

    var routes: [Route] {
        [
            Route(
                .get, "/api/usage", id: "getUsage", tag: "usage", "Read the usage of the quotas, and the usage by day",
                access: .scope(.readTasks), rate: .of(.heavy), responses: [.json(UsageView.self, "The usage.")], problems: .readingTasks
            ) { _, context in
                let tenant = try context.requirePrincipal().tenant
                let now = try await reads.usage(of: tenant)
                return try .json(UsageView(now, quota: try await reads.shownQuota(of: tenant)))
            }
        ]
    }
}

/// `/api/organisations/{id}/quota`: access to quotas for operators.
struct QuotaRoutes: Sendable {
    let usage: any UsageStore
    let audit: AuditRecorder

    var routes: [Route] {
        [
            Route(
                .get, "/api/organisations/{id}/quota", id: "getQuota", tag: "usage", "Read the quota of an organisation",
                details: Self.secretNote, access: .operator, parameters: [Self.id],
                responses: [.json(QuotaView.self, "The quota; every value is null for an organisation without one.")],
                problems: .readingTasks + [Self.notFound]
            ) { _, context in try .json(QuotaView(try await usage.quota(of: try Self.tenant(context)))) },
            Route(
                .put, "/api/organisations/{id}/quota", id: "putQuota", tag: "usage", "Set the quota of an organisation",
                details: """
                    \(Self.secretNote) It replaces the quota: what is null or absent is unlimited. Other replicas of api follow within 10 \
                    s. Tasks that exist are not affected, except that those past `retention_days` are deleted.
                    """, access: .operator, parameters: [Self.id],
                body: BodyDescription([.json(QuotaRequest.self)], "The quota."),
                responses: [.json(QuotaView.self, "The quota as it is now.")],
                problems: .readingTasks + [
                    Self.notFound, .auditLogBusy,
                    DeclaredProblem(.invalid, "invalid_value", "A value is not accepted; `field` is its name."),
                    DeclaredProblem(.invalid, "missing_value", "The body is null."),
                ], handler: put),
        ]
    }

    private static let secretNote =
        "For operators: the token is the service secret (`PIXELFLOW_SERVICE_SECRET`). web does not forward this route."

    private static let id = ParameterDescription("id", in: .path, .string(length: 1...128), "The id of the organisation.")
    private static let notFound = DeclaredProblem(.notFound, "not_found", "This is not the id of an organisation.")

    @Sendable private func put(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let tenant = try Self.tenant(context)
        let view = try await request.decodeJSON(QuotaRequest.self, limit: 4096).view
        try view.check()
        try await audit.record(.quotaChanged, in: tenant, by: .operator, detail: view.summary, request, context) {
            try await usage.setQuota(view.quota, of: tenant)
        }
        context.logger.info("quota set", metadata: ["organisation": "\(tenant)"])
        return try .json(view)
    }

    private static func tenant(_ context: AppRequestContext) throws(PixelFlowError) -> TenantID {
        guard let id = context.parameters.get("id"), UUIDv7.isCanonical(id) else { throw .notFound("organisation") }
        return TenantID(id)
    }
}

extension [DeclaredProblem] {
    static let quotas = [
        DeclaredProblem(
            .throttled, "quota_exceeded",
            "`field` names the quota: `tasks_in_flight`, or `tasks_per_month` until the month ends (UTC)."),
        DeclaredProblem(
            .forbidden, "quota_exceeded", "`field` names the quota: `bytes_stored` until tasks are deleted, or `source_bytes`."),
    ]
}
