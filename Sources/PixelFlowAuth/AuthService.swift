public import Hummingbird
public import Logging
public import PixelFlowCore
public import PixelFlowHTTP

/// The auth service: people, passwords, tokens and the keys they are verified with.
public struct AuthService: Sendable {
    /// Verifies the tokens of this service in its own process, without HTTP.
    public let verifier: TokenVerifier
    /// The public keys, for a verifier elsewhere in the process.
    public let jwks: JSONWebKeySet

    private let accounts: Accounts
    private let issuer: TokenIssuer
    private let proxies: TrustedProxies
    private let store: any UserStore

    /// Opens the service on a store; makes the signing key at the very first start.
    ///
    /// - Parameters:
    ///   - hasher: bcrypt as the settings say, unless given.
    /// - Throws: `PixelFlowError` where the store is down, a key cannot be read, or a setting is bad.
    public init(
        store: any UserStore & SigningKeyStore, settings: AuthSettings = AuthSettings(), clock: any WallClock = SystemClock(),
        hasher: (any PasswordHashing)? = nil, logger: Logger = Logger(label: "auth")
    ) async throws {
        let issuer = try await TokenIssuer(store: store, lifetime: settings.tokenLifetime, rules: settings.rules, clock: clock)
        let jwks = issuer.jwks
        self.issuer = issuer
        self.jwks = jwks
        self.verifier = TokenVerifier(source: ClosureKeySource { jwks }, rules: settings.rules, clock: clock, logger: logger)
        self.accounts = Accounts(
            store: store,
            hasher: try hasher ?? BcryptHasher(cost: settings.bcryptCost, threads: settings.hashThreads, queue: settings.hashQueue),
            throttle: LoginThrottle(settings.throttle, clock: clock), clock: clock)
        self.proxies = settings.proxies
        self.store = store
    }

    /// All routes of the service, ready to be served.
    public func router(drain: DrainState = DrainState()) -> Router<AppRequestContext> {
        let store = store
        let health = HealthRoutes(checks: [HealthCheck("database") { try await store.check() }], drain: drain)
        return ServiceRouter.make(health: health) { router in
            AuthRoutes(accounts: accounts, issuer: issuer, verifier: verifier, proxies: proxies).add(to: router)
        }
    }
}
