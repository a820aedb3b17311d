import HTTPTypes
package import Hummingbird

/// The probes of a public service. They return its status without details of its backends.
package struct PublicHealthRoutes: Sendable {
    private let health: HealthRoutes

    package init(_ health: HealthRoutes) { self.health = health }

    package func add(to router: Router<AppRequestContext>) {
        router.get("/health") { _, _ in try Self.answer("ok") }
        router.get("/livez") { _, _ in try Self.answer("ok") }
        router.get("/readyz") { _, context in
            let (status, _) = await health.readiness(context)
            return try Self.answer(status == .ok ? "ok" : "unavailable", status)
        }
    }

    private static func answer(_ text: String, _ status: HTTPResponse.Status = .ok) throws -> Response {
        try .json(["status": text], status: status)
    }
}
