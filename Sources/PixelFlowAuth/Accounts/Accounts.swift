import PixelFlowCore

/// Registers users and authenticates them.
struct Accounts: Sendable {
    let store: any UserStore
    let hasher: any PasswordHashing
    let throttle: LoginThrottle
    let registration: RegistrationMode
    let registrationThrottle: RegistrationThrottle
    let clock: any WallClock

    /// Adds a user with a tenant of their own.
    ///
    /// - Parameter subscriber: whom the request comes from, as `LoginThrottle` counts them.
    /// - Throws: `registration_closed` (403), `email_invalid`, `password_too_short`, `password_too_long` (422),
    ///   `registration_throttled` (429), `registration_busy` (503), `email_taken` (409).
    func register(email: String, password: String, from subscriber: String?) async throws -> User {
        try requireOpenRegistration()
        let address = try EmailAddress(email)
        try PasswordRules.check(password)
        try registrationThrottle.admit(subscriber)
        // Asked first only to spare the hashing; `add` is what decides.
        guard try await store.find(email: address.text) == nil else { throw Self.emailTaken }
        let hash = try await hasher.hash(password)
        let now = clock.now()
        let user = User(
            id: UserID(UUIDv7.make(at: now)), email: address.text, passwordHash: hash, tenant: TenantID(UUIDv7.make(at: now)),
            createdAt: now)
        guard try await store.add(user) else { throw Self.emailTaken }
        return user
    }

    /// - Throws: `registration_closed` (403).
    func requireOpenRegistration() throws(PixelFlowError) {
        guard registration == .open else {
            throw PixelFlowError(
                .forbidden, code: "registration_closed",
                "Registration is closed; ask the operator of this service for an account.")
        }
    }

    /// The user with this email address and password.
    ///
    /// An unknown address takes as long as a known one and is throttled in the same way, so
    /// that neither the response nor its timing reveals who is registered.
    /// - Throws: `credentials_invalid` (401), `login_throttled` (429).
    func login(email: String, password: String, from subscriber: String?) async throws -> User {
        // Too long for an address is an unknown user, but not a reason to keep it in memory.
        let address = String(EmailAddress.normalised(email).prefix(254))
        let attempt = try throttle.begin(account: address, address: subscriber)
        do {
            let user = try await store.find(email: address)
            let isRight = try await hasher.verify(password, against: user?.passwordHash ?? hasher.decoy)
            guard let user, isRight else {
                throttle.end(attempt, .failed)
                throw Self.credentialsInvalid
            }
            throttle.end(attempt, .succeeded)
            return user
        } catch let error as PixelFlowError where error.code == Self.credentialsInvalid.code {
            throw error
        } catch {
            throttle.end(attempt, .undecided)
            throw error
        }
    }

    private static let emailTaken = PixelFlowError(
        .conflict, code: "email_taken", "An account with this email address already exists; sign in instead.", field: "email")

    private static let credentialsInvalid = PixelFlowError(
        .unauthenticated, code: "credentials_invalid", "The email address or the password is wrong.")
}
