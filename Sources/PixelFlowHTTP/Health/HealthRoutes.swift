import HTTPTypes
package import Hummingbird
import OpenAPI
import Synchronization
import WireFormats

/// The probes of every service: `/health`, `/livez` and `/readyz`.
package struct HealthRoutes: Sendable {
    private let monitor: HealthMonitor
    private let drain: DrainState

    /// - Parameters:
    ///   - waitLimit: how long a prober waits for new results if older ones are available; 20 milliseconds by default.
    ///   - now: the clock that determines the age of results.
    package init(
        checks: [HealthCheck], drain: DrainState = DrainState(), waitLimit: Duration? = nil,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        monitor = HealthMonitor(checks, waitLimit: waitLimit ?? HealthMonitor.waitLimit, now: now)
        self.drain = drain
    }

    func routes(of service: String) -> [Route] {
        Probe.routes(of: service, readiness: "`checks` names the backends that are down.") { _, context in try await ready(context) }
    }

    private func ready(_ context: AppRequestContext) async throws -> Response {
        let (status, report) = await readiness(context)
        return try report.response(status)
    }

    func readiness(_ context: AppRequestContext) async -> (HTTPResponse.Status, Report) {
        if drain.isDraining { return (.serviceUnavailable, Report(status: "draining")) }
        let results = await monitor.results()
        monitor.report(results, to: context.logger)
        guard results.isReady else { return (.serviceUnavailable, Report(status: "unavailable", checks: results.outcomes)) }
        return (.ok, Report(status: results.failing.isEmpty ? "ok" : "degraded", checks: results.outcomes))
    }

    var checkNames: [String] { monitor.checks.map(\.name) }

    /// The latest outcome of every check.
    func outcomes() async -> [String: HealthCheck.Outcome] { await monitor.results().outcomes }
}

/// The routes of the probes, which differ in how they report readiness.
private enum Probe {
    static func routes(of service: String, readiness details: String, ready: @escaping Route.Handler) -> [Route] {
        let alive: Route.Handler = { _, _ in try Report(status: "ok").response() }
        let report = ResponseDescription.json(Report.self, "The process is running.")
        return [
            Route(
                .get, "/health", id: "\(service)Health", tag: "service", "Check whether the process is running", access: .anyone,
                responses: [report], handler: alive),
            Route(
                .get, "/livez", id: "\(service)Liveness", tag: "service", "Check whether the process is running", access: .anyone,
                responses: [report], handler: alive),
            Route(
                .get, "/readyz", id: "\(service)Readiness", tag: "service", "Check whether the service is ready", details: details,
                access: .anyone,
                responses: [
                    .json(Report.self, "The service can respond; `degraded` if a backend is down."),
                    .json(.serviceUnavailable, Report.self, "A backend has not responded since the start, or the service is stopping."),
                ], handler: ready),
        ]
    }
}

/// The response of the probes.
struct Report: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "Health"
    static let annotations: [String: SchemaAnnotation] = [
        "status": .init("What the service can do.", ["enum": ["ok", "degraded", "unavailable", "draining"]]),
        "checks": "The backends by name.",
    ]

    var status: String
    var checks: [String: HealthCheck.Outcome]?

    func response(_ status: HTTPResponse.Status = .ok) throws -> Response { try .json(self, status: status) }
}

/// The probes of a public service. They return its status without details about its backends.
package struct PublicHealthRoutes: Sendable {
    private let health: HealthRoutes

    package init(_ health: HealthRoutes) { self.health = health }

    func routes(of service: String) -> [Route] {
        Probe.routes(of: service, readiness: "The management port returns details.") { _, context in
            let (status, report) = await health.readiness(context)
            return try Report(status: status == .ok ? report.status : "unavailable").response(status)
        }
    }
}

/// Whether this process is about to stop. Once set, `/readyz` reports it, and the service receives no new work.
package final class DrainState: Sendable {
    private let flag = Atomic(false)

    package init() {}

    package var isDraining: Bool { flag.load(ordering: .relaxed) }

    /// Cannot be undone.
    package func drain() { flag.store(true, ordering: .relaxed) }
}
