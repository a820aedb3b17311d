package import Hummingbird
package import Logging
package import Metrics
package import PixelFlowCache
package import PixelFlowCore
package import PixelFlowHTTP
package import PixelFlowIdentity
package import PixelFlowLimits
import PixelFlowTelemetry
package import ServiceLifecycle

/// The auth service: people, organisations, sessions, API keys, and the tokens of them.
package struct AuthService: Sendable {
    private static let cleanUpInterval = Duration.seconds(3600)

    /// Verifies the tokens and keys of this service in its own process, without HTTP.
    package let verifier: TokenVerifier
    private let dependencies: AuthDependencies
    private let serviceSecret: ServiceSecret
    /// What verifiers and others ask auth, without HTTP.
    package let identities: any IdentityService
    /// Run as long as the service does.
    package let services: [any Service]
    private let requests: RequestLimits
    private let metrics: any MetricsFactory
    /// One of `services`, which a test asks to send now.
    let mailSender: MailSender?

    /// Opens the service on a store, which need not answer yet.
    ///
    /// - Parameters:
    ///   - hasher: bcrypt as the settings say, unless given.
    ///   - transport: takes mail, if the settings have any; a client of their server unless given.
    ///   - limiter: counts registrations by address; those of this process alone unless given.
    ///   - failures: counts failed sign-ins with other replicas; nil if there are none. One that throws refuses sign-ins.
    ///   - signal: tells other processes of revocations.
    ///   - requests: how many requests callers may make.
    ///   - metrics: the process's, unless given.
    /// - Throws: `PixelFlowError` if a setting is bad.
    package init(
        store: IdentityStore, settings: AuthSettings = AuthSettings(), clock: any WallClock = SystemClock(),
        hasher: (any PasswordHashing)? = nil, transport: (any MailTransport)? = nil, limiter: (any RateLimiter)? = nil,
        failures: (any RateLimiter)? = nil, signal: (any InvalidationSignal)? = nil, requests: RequestLimits = .off,
        logger: Logger = Logger(label: "auth"),
        metrics: any MetricsFactory = MetricsSystem.factory
    ) throws {
        let issuer = AsyncLazy {
            try await TokenIssuer(store: store, lifetime: settings.tokenLifetime, rules: settings.rules, clock: clock)
        }
        // Of any token that is about, also from before the setting was lowered; and a day for its leeway and clocks that are far apart.
        let tokenLifetime = Duration.seconds(AuthSettings.longestTokenLifetime + 86_400)
        let outbox = settings.mail.map { Outbox(settings: $0, issuer: issuer) }
        let identities = LocalIdentitySource(
            store: store, tokenLifetime: tokenLifetime,
            notices: outbox.map { NoticeOutbox(outbox: $0, metrics: DigestMetrics(metrics), logger: logger) }, clock: clock)
        self.identities = identities
        verifier = TokenVerifier(
            source: ClosureKeySource { try await issuer.value.jwks }, identities: identities, rules: settings.rules,
            signal: signal, clock: clock, logger: logger, metrics: metrics)
        let limiter = limiter ?? InMemoryRateLimiter(capacity: settings.throttle.capacity, clock: clock)
        let accounts = Accounts(
            store: store,
            hasher: try hasher ?? settings.hasher(),
            throttle: SignInThrottle(LoginThrottle(settings.throttle, clock: clock), shared: failures),
            registration: settings.registration,
            registrationThrottle: AddressThrottle(.registration, perHour: settings.registrationsPerHour, limiter: limiter),
            issuer: issuer, outbox: outbox,
            mailThrottle: AddressThrottle(.mail, perHour: Accounts.mailsPerHour, limiter: limiter), clock: clock, logger: logger)
        dependencies = AuthDependencies(
            store: store, accounts: accounts, signIns: SignIns(store: store, issuer: issuer, lifetime: settings.sessionLifetime),
            issuer: issuer, identities: identities, verifier: verifier, proxies: settings.proxies, metrics: AuthMetrics(metrics),
            clock: clock)
        serviceSecret = settings.serviceSecret
        let mailSender = try outbox.map { outbox in
            MailSender(
                store: store, outbox: outbox, transport: try transport ?? outbox.settings.client(),
                composer: MailComposer(store: store, outbox: outbox, layout: try MailLayout(), clock: clock),
                metrics: MailMetrics(metrics), clock: clock, logger: logger)
        }
        self.mailSender = mailSender
        services =
            [
                PeriodicService("deletion of expired identities", every: Self.cleanUpInterval, logger: logger) {
                    try await store.cleanUp(at: clock.now(), auditAge: settings.auditAge, tokenLifetime: tokenLifetime)
                },
                SetupAnnouncer(accounts: accounts, logger: logger),
            ] + (mailSender.map { [$0] } ?? [])
        self.requests = requests
        self.metrics = metrics
    }

    /// Reads the signing keys, and makes the first at the very first start.
    ///
    /// - Throws: `PixelFlowError` if the store is down or a key cannot be read.
    package func prepare() async throws { _ = try await dependencies.issuer.value }

    /// The public keys, for a verifier elsewhere in the process.
    package var jwks: JSONWebKeySet { get async throws { try await dependencies.issuer.value.jwks } }

    /// All routes of the service, ready to be served.
    ///
    /// - Parameters:
    ///   - checks: more than the database, for `/readyz`.
    ///   - probes: of the backends, for operators.
    package func router(
        checks: [HealthCheck] = [], probes: [BackendProbe] = [], drain: DrainState = DrainState()
    ) -> Router<AppRequestContext> {
        let auth = dependencies
        let health = HealthRoutes(
            checks: [
                HealthCheck("database") {
                    try await auth.store.check()
                    _ = try await auth.issuer.value
                }
            ] + checks, drain: drain)
        return ServiceRouter.make(
            metrics: ServiceMetrics(service: "auth", factory: metrics), health: health, description: AuthRoutes.description,
            limits: requests
        ) { table in
            let (sessions, account, mail) = (SessionRoutes(auth: auth), AccountRoutes(auth: auth), MailRoutes(auth: auth))
            let notices = NoticeRoutes(auth: auth)
            table.add(AuthRoutes(auth: auth).routes + sessions.openRoutes + account.openRoutes + mail.openRoutes + notices.openRoutes)
            table.add(
                sessions.routes + account.routes + mail.routes + notices.routes + SecondFactorRoutes(auth: auth).routes
                    + ExportRoutes(auth: auth).routes
                    + OrganisationRoutes(auth: auth).routes + MemberRoutes(auth: auth).routes
                    + InvitationRoutes(auth: auth).routes + KeyRoutes(auth: auth).routes + AuditRoutes(auth: auth).routes,
                behind: [AuthenticationMiddleware(verifier: verifier, proxies: auth.proxies)])
            table.add(
                VerifierRoutes(identities: auth.identities).routes + TaskMailRoutes(desk: auth.identities).routes
                    + OperatorRoutes(auth: auth).routes
                    + DiagnosisRoutes(service: "auth", probes: probes).routes
                    // The signing keys of a backup take the place of those of now.
                    + ArchiveRoutes(service: "auth", store: auth.store, unavailable: .databaseUnavailable) { auth.issuer.forget() }.routes,
                behind: [ServiceSecretMiddleware(serviceSecret)])
        }
    }
}
