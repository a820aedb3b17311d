package import Hummingbird

/// The routes of a service. `ServiceRouter` registers exactly these.
package struct RouteTable {
    package typealias Middleware = any MiddlewareProtocol<Request, Response, AppRequestContext>

    private var groups: [(routes: [Route], middleware: [Middleware])] = []

    package var routes: [Route] { groups.flatMap(\.routes) }

    /// - Parameter middleware: the middlewares of these routes, outermost first.
    package mutating func add(_ routes: [Route], behind middleware: [Middleware] = []) {
        groups.append((routes, middleware))
    }

    func register(in router: Router<AppRequestContext>, limits: RequestLimits) {
        for (routes, middleware) in groups {
            let group = router.group()
            for middleware in middleware { group.add(middleware: middleware) }
            for route in routes { group.on(RouterPath(route.path), method: route.method, use: route.responder(limits: limits)) }
        }
    }
}
