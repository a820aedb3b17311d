package import AsyncHTTPClient
package import Hummingbird
package import Metrics
import NIOCore
package import PixelFlowCore
package import PixelFlowHTTP

/// The web service: the page, the browser's session, and a proxy for auth and api, all at one address.
package struct WebService: Sendable {
    private let auth: Upstream
    private let api: Upstream
    private let assets: AssetRoutes
    private let proxies: TrustedProxies
    private let clock: any WallClock
    private let metrics: any MetricsFactory

    /// - Parameters:
    ///   - client: created with `clientConfiguration`; the creator must shut it down.
    ///   - metrics: the metrics of the process by default.
    package init(
        settings: WebSettings, client: HTTPClient, clock: any WallClock = SystemClock(), metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        auth = Upstream(name: "auth", baseURL: settings.authURL, client: client)
        api = Upstream(name: "api", baseURL: settings.apiURL, client: client)
        assets = AssetRoutes(bundle: AssetBundle())
        proxies = settings.proxies
        self.clock = clock
        self.metrics = metrics
    }

    /// Configures a client that forwards everything unchanged and never times out a stream that is alive.
    package static var clientConfiguration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.decompression = .disabled
        // `Upstream` creates the spans: the client would record the query of a URL.
        configuration.tracing.tracer = nil
        configuration.httpVersion = .http1Only
        // Callers learn immediately that a service is down, and retry.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout = .init(connect: .seconds(3), read: Upstream.silenceLimit, write: .seconds(120))
        // Each open page holds a connection, and further requests must not wait for one to become free.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 16_384
        configuration.connectionPool.idleTimeout = .seconds(30)
        configuration.http1_1ConnectionDebugInitializer = ContinueObserver.install
        return configuration
    }

    /// The public routes with all middlewares. Serve them over real connections, not from memory, because a stream watches for the end of
    /// its connection.
    package func router(drain: DrainState = DrainState()) -> Router<AppRequestContext> {
        // Outside of all that makes problems of errors, for paths without a route, too.
        let router = Router(context: AppRequestContext.self)
        router.add(middleware: ProblemPages())
        router.add(middleware: EveryRoute(responder: routes(drain).buildResponder()))
        return router
    }

    private func routes(_ drain: DrainState) -> Router<AppRequestContext> {
        ServiceRouter.makePublic(metrics: serviceMetrics, health: health(drain), proxies: proxies) { table in
            table.add(
                SessionRoutes(auth: AuthClient(upstream: auth), proxies: proxies).routes,
                behind: [SessionCaching(), CrossSiteGuard.session])
            table.add(
                ProxyRoutes(auth: auth, api: api, proxies: proxies).routes,
                behind: [SessionCaching(), CrossSiteGuard.proxy, OrganisationGuard()])
            table.add(assets.routes)
            table.add(DescriptionRoutes(of: table.routes, auth: auth, api: api, clock: clock).routes)
        }
    }

    /// Detailed probes and metrics for operators, on a separate port.
    package func managementRouter(drain: DrainState = DrainState()) -> Router<AppRequestContext> {
        ServiceRouter.make(metrics: serviceMetrics, health: health(drain))
    }

    private var serviceMetrics: ServiceMetrics { ServiceMetrics(service: "web", factory: metrics) }

    /// web is ready as long as it can serve the page. If auth or api is down, the page itself informs the user.
    private func health(_ drain: DrainState) -> HealthRoutes {
        HealthRoutes(
            checks: [auth, api].map { upstream in HealthCheck(upstream.name, need: .never) { try await upstream.check() } }, drain: drain)
    }
}

/// Responds by the routes of another router.
private struct EveryRoute<Responder: HTTPResponder>: RouterMiddleware where Responder.Context == AppRequestContext {
    typealias Context = AppRequestContext

    let responder: Responder

    func handle(
        _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        try await responder.respond(to: request, context: context)
    }
}
