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

/// The auth service: accounts, organisations, sessions, API keys and tokens.
package struct AuthService: Sendable {
    private static let cleanUpInterval = Duration.seconds(3600)

    /// Verifies tokens and keys of this service in process, without HTTP.
    package let verifier: TokenVerifier
    private let dependencies: AuthDependencies
    private let serviceSecret: ServiceSecret
    /// Serves other services in process, without HTTP: key introspection, revocations and the audit log.
    package let identities: any IdentityService
    /// Background services, to be run for the lifetime of the service.
    package let services: [any Service]
    private let requests: RequestLimits
    private let metrics: any MetricsFactory
    /// One of `services`; tests use it to send mail immediately.
    let mailSender: MailSender?

    /// Creates the service on a store. The store need not be reachable yet.
    ///
    /// - Parameters:
    ///   - hasher: hashes passwords; by default bcrypt as configured.
    ///   - transport: sends mail if mail is configured; by default an SMTP client of the configured server.
    ///   - limiter: limits registrations per address; by default in this process only.
    ///   - failures: counts failed sign-ins across replicas; nil for a single replica. If it throws, the sign-in is refused.
    ///   - signal: notifies other processes of revocations.
    ///   - requests: the rate limits of callers.
    ///   - metrics: by default those of the process.
    /// - Throws: `PixelFlowError` if a setting is invalid.
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
        // The longest lifetime that a token can have, also one issued before the setting was lowered, plus a day for leeway and clock skew.
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
            mailThrottle: AddressThrottle(.mail, perHour: Accounts.mailsPerHour, limiter: limiter),
            recipientThrottle: RecipientThrottle(limiter: limiter), clock: clock, logger: logger)
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

    /// Reads the signing keys, and creates the first one at the first start.
    ///
    /// - Throws: `PixelFlowError` if the store is down or a key cannot be read.
    package func prepare() async throws { _ = try await dependencies.issuer.value }

    /// The public keys, for a verifier in the same process.
    package var jwks: JSONWebKeySet { get async throws { try await dependencies.issuer.value.jwks } }

    /// All routes of the service, ready to be served.
    ///
    /// - Parameters:
    ///   - checks: readiness checks in addition to that of the database, for `/readyz`.
    ///   - probes: probes of the backends, for operators.
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
                    // The signing keys of the backup replace the current ones.
                    + ArchiveRoutes(service: "auth", store: auth.store, unavailable: .databaseUnavailable) { auth.issuer.forget() }.routes,
                behind: [ServiceSecretMiddleware(serviceSecret)])
        }
    }
}
