package import Hummingbird
package import Logging
package import Metrics
package import PixelFlowCore
package import PixelFlowHTTP

/// The auth service: users, passwords, tokens and their verification keys.
package struct AuthService: Sendable {
    /// Verifies the tokens of this service in its own process, without HTTP.
    package let verifier: TokenVerifier
    private let accounts: Accounts
    /// Loaded when first needed: the service starts whether its database answers or not.
    private let issuer: AsyncLazy<TokenIssuer>
    private let proxies: TrustedProxies
    private let store: any UserStore
    private let metrics: any MetricsFactory

    /// Opens the service on a store, which need not answer yet.
    ///
    /// - Parameters:
    ///   - hasher: bcrypt as the settings say, unless given.
    ///   - metrics: the process's, unless given.
    /// - Throws: `PixelFlowError` if a setting is bad.
    package init(
        store: any UserStore & SigningKeyStore, settings: AuthSettings = AuthSettings(), clock: any WallClock = SystemClock(),
        hasher: (any PasswordHashing)? = nil, logger: Logger = Logger(label: "auth"),
        metrics: any MetricsFactory = MetricsSystem.factory
    ) throws {
        let issuer = AsyncLazy {
            try await TokenIssuer(store: store, lifetime: settings.tokenLifetime, rules: settings.rules, clock: clock)
        }
        self.issuer = issuer
        self.verifier = TokenVerifier(
            source: ClosureKeySource { try await issuer.value.jwks }, rules: settings.rules, clock: clock, logger: logger)
        self.accounts = Accounts(
            store: store,
            hasher: try hasher ?? settings.hasher(), throttle: LoginThrottle(settings.throttle, clock: clock),
            registration: settings.registration,
            registrationThrottle: RegistrationThrottle(
                perHour: settings.registrationsPerHour, capacity: settings.throttle.capacity, clock: clock),
            clock: clock)
        self.proxies = settings.proxies
        self.store = store
        self.metrics = metrics
    }

    /// Reads the signing keys, and makes the first at the very first start.
    ///
    /// - Throws: `PixelFlowError` if the store is down or a key cannot be read.
    package func prepare() async throws { _ = try await issuer.value }

    /// The public keys, for a verifier elsewhere in the process.
    package var jwks: JSONWebKeySet { get async throws { try await issuer.value.jwks } }

    /// All routes of the service, ready to be served.
    package func router(drain: DrainState = DrainState()) -> Router<AppRequestContext> {
        let (store, issuer) = (store, issuer)
        let health = HealthRoutes(
            checks: [
                HealthCheck("database") {
                    try await store.check()
                    _ = try await issuer.value
                }
            ], drain: drain)
        return ServiceRouter.make(
            metrics: ServiceMetrics(service: "auth", factory: metrics), health: health, description: AuthRoutes.description
        ) { table in
            let routes = AuthRoutes(
                accounts: accounts, issuer: issuer, verifier: verifier, proxies: proxies, metrics: AuthMetrics(metrics))
            table.add(routes.routes)
        }
    }
}
