import HTTPTypes
package import Hummingbird
import Tracing

/// Builds the router of a service: the standard middlewares, the probes, the routes, their description, and a response for methods that a
/// route does not support.
package enum ServiceRouter {
    /// - Parameters:
    ///   - metrics: where requests are counted, and which metrics `/metrics` shows.
    ///   - description: served with the routes at `/openapi.json`; nil for a service without an API of its own.
    ///   - limits: the rate limits of the routes.
    ///   - routes: adds the service's own routes.
    package static func make(
        metrics: ServiceMetrics, health: HealthRoutes, description: ServiceDescription? = nil, limits: RequestLimits = .off,
        routes: (inout RouteTable) -> Void = { _ in }
    ) -> Router<AppRequestContext> {
        var table = RouteTable()
        table.add(health.routes(of: metrics.service))
        if let page = MetricsRoute(metrics, health: health) { table.add([page.route]) }
        routes(&table)
        if let description { table.add([DescriptionRoute(description, of: metrics.service, routes: table.routes).route]) }
        return make(counting: metrics) { table.register(in: $0, limits: limits) }
    }

    /// A public router: its probes return no details, and it has no metrics. Those are on a separate router created by
    /// `make(metrics:health:description:routes:)`.
    ///
    /// - Parameter proxies: the proxies whose https headers are trusted.
    package static func makePublic(
        metrics: ServiceMetrics, health: HealthRoutes, proxies: TrustedProxies, routes: (inout RouteTable) -> Void
    ) -> Router<AppRequestContext> {
        var table = RouteTable()
        table.add(PublicHealthRoutes(health).routes(of: metrics.service))
        routes(&table)
        return make(counting: metrics, proxies: proxies) { table.register(in: $0, limits: .off) }
    }

    /// - Parameter register: registers the routes; services use a `RouteTable` for that.
    static func make(
        counting metrics: ServiceMetrics, proxies: TrustedProxies? = nil, register: (Router<AppRequestContext>) -> Void
    ) -> Router<AppRequestContext> {
        let router = Router(context: AppRequestContext.self, options: .autoGenerateHeadEndpoints)
        // Outermost first: an error is converted to a response before it is logged and gets its headers.
        router.add(middleware: RequestIDMiddleware())
        let tracer = InstrumentationSystem.tracer
        if !(tracer is NoOpTracer) { router.add(middleware: TracingMiddleware(tracer, service: metrics.service)) }
        router.add(middleware: MetricsMiddleware(metrics))
        router.add(middleware: AccessLogMiddleware())
        router.add(middleware: SecurityHeadersMiddleware(proxies: proxies))
        router.add(middleware: ProblemMiddleware())
        router.add(middleware: RequestBodyMiddleware())
        register(router)
        router.refuseOtherMethods()
        return router
    }
}

extension Router<AppRequestContext> {
    /// Responds with 405 and `Allow` if a path exists but does not support the method, instead of with 404. Call it after the last route.
    func refuseOtherMethods() {
        let known: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options, .trace]
        for (_, routes) in Dictionary(grouping: routes, by: \.path.description) {
            guard let path = routes.first?.path else { continue }
            var taken = Set(routes.map(\.method))
            if taken.contains(.get) { taken.insert(.head) }
            let allow = known.filter(taken.contains).map(\.rawValue).joined(separator: ", ")
            for method in known where !taken.contains(method) {
                on(path, method: method) { _, _ -> Response in
                    throw HTTPError(.methodNotAllowed, headers: [.allow: allow])
                }
            }
        }
    }
}
