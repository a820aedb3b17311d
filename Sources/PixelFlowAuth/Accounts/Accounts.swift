import Logging
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity

/// Registers users and authenticates them.
struct Accounts: Sendable {
    let store: IdentityStore
    let hasher: any PasswordHashing
    let throttle: SignInThrottle
    let registration: RegistrationMode
    let registrationThrottle: AddressThrottle
    let issuer: AsyncLazy<TokenIssuer>
    /// Nil if the service sends no mail.
    let outbox: Outbox?
    let mailThrottle: AddressThrottle
    let recipientThrottle: RecipientThrottle
    let clock: any WallClock
    let logger: Logger

    /// Adds a user with a personal organisation. With an invitation, the user also joins its organisation.
    ///
    /// - Throws: `registration_closed` (403), `invitation_invalid` (404), `email_invalid`, `password_too_short`,
    ///   `password_too_long` (422), `registration_throttled` (429), `registration_busy` (503), `email_taken` (409).
    func register(_ request: Registration, from origin: RequestOrigin) async throws -> User {
        let address = try EmailAddress(request.email.text)
        let invitation = try await invitation(request.invitation, for: address.text)
        if invitation == nil { try await requireOpenRegistration(setupToken: request.setupToken) }
        try PasswordRules.check(request.password.text)
        try await registrationThrottle.admit(origin.subscriber)
        // An early check that saves the hashing; `add` decides.
        guard try await store.user(email: address.text) == nil else { throw Self.emailTaken }
        let user = try await newUser(address, password: request.password.text)
        let acceptance = invitation.map { invitation in
            let entry = origin.audit(
                .memberJoined, in: invitation.organisation, by: AuditActor(user), target: user.id.rawValue, detail: invitation.role.rawValue
            )
            return (invitation, entry)
        }
        let isAdded = try await store.register(
            user, audit: origin.audit(.userRegistered, in: user.tenant, by: AuditActor(user)), accepting: acceptance,
            verification: try await firstVerification(of: user),
            // The setup token is valid for the first account only.
            isFirst: registration != .open && invitation == nil)
        guard isAdded else { throw Self.emailTaken }
        outbox?.wake()
        return user
    }

    /// Adds a user with a random password that no one has, in every registration mode.
    ///
    /// - Throws: `email_invalid` (422), `registration_busy` (503), `email_taken` (409).
    func create(email: String, from origin: RequestOrigin) async throws -> User {
        let user = try await newUser(try EmailAddress(email), password: SecretToken(.passwordReset).text)
        guard try await store.register(user, audit: origin.audit(.userRegistered, in: user.tenant, by: .operator)) else {
            throw Self.emailTaken
        }
        return user
    }

    private func newUser(_ address: EmailAddress, password: String) async throws -> User {
        let hash = try await hasher.hash(password)
        let now = clock.now()
        return User(
            id: UserID(UUIDv7.make(at: now)), email: address.text, passwordHash: hash, tenant: TenantID(UUIDv7.make(at: now)),
            createdAt: now)
    }

    /// - Throws: `invitation_invalid` (404).
    private func invitation(_ text: String?, for email: String) async throws -> Invitation? {
        guard let text else { return nil }
        guard registration != .closed, let secret = SecretToken(.invitation, parsing: text),
            let invitation = try await store.invitation(hash: secret.hash, at: clock.now()),
            invitation.email == nil || invitation.email == email
        else { throw PixelFlowError.invitationInvalid }
        return invitation
    }

    /// - Throws: `registration_closed` (403) if no request could register an account.
    func requireSomeRegistration() async throws {
        if registration == .closed, try await setupTokenIfEmpty() == nil { throw registrationClosed }
    }

    /// - Parameter setupToken: allows the first account to register in every mode.
    /// - Throws: `registration_closed` (403).
    func requireOpenRegistration(setupToken: String?) async throws {
        if registration == .open { return }
        if let setupToken, let expected = try await setupTokenIfEmpty(), ConstantTime.equals(setupToken, expected) { return }
        throw registrationClosed
    }

    private var registrationClosed: PixelFlowError {
        PixelFlowError(
            .forbidden, code: "registration_closed",
            registration == .invite
                ? "Registration needs an invitation; ask someone who is a member here."
                : "Registration is closed; ask the operator of this service for an account.")
    }

    /// The token with which the first account can register if registration is not open; nil once there is an account.
    func setupTokenIfEmpty() async throws -> String? {
        guard registration != .open, try await store.users(after: nil, limit: 1).isEmpty else { return nil }
        return try await issuer.value.refreshTokens.setupToken
    }

    /// Authenticates a user by email address and password, and checks their second factor.
    ///
    /// An unknown address takes as long as a known one and is throttled in the same way, so that neither the response nor its timing
    /// reveals who is registered.
    /// - Returns: the user, and the second factor to spend when the session is opened.
    /// - Throws: `credentials_invalid`, `second_factor_required`, `second_factor_invalid` (401), `login_throttled` (429),
    ///   `account_disabled` (403).
    func login(_ credentials: Credentials, from origin: RequestOrigin) async throws -> (User, SecondFactorUse?) {
        // Too long for an address is an unknown user, but not a reason to keep it in memory.
        // No one has an address with U+0000, which no database takes.
        let address = String(EmailAddress.normalised(credentials.email.text).prefix(254)).replacing("\u{0}", with: "\u{FFFD}")
        let attempt = try await throttle.begin(account: address, address: origin.subscriber)
        let known: (User, SecondFactorUse?)
        do {
            let user = try await store.user(email: address)
            let isRight = try await hasher.verify(
                credentials.password.text, against: user?.passwordHash ?? hasher.decoy, for: origin.subscriber)
            guard let user, isRight else {
                if let user { noteFailure(of: user, origin) }
                throw Self.credentialsInvalid
            }
            if user.disabledAt != nil { throw Self.accountDisabled }
            known = (user, try await secondFactorUse(of: user, code: credentials.code, at: origin.at))
        } catch {
            try await throttle.end(attempt, Self.outcome(error))
            throw error
        }
        try await throttle.end(attempt, .succeeded)
        return known
    }

    private static func outcome(_ error: any Error) -> LoginThrottle.Outcome {
        switch (error as? PixelFlowError)?.code {
        case credentialsInvalid.code, PixelFlowError.secondFactorInvalid.code: .failed
        case accountDisabled.code: .succeeded
        // The password was right; earlier wrong codes still count.
        default: .undecided
        }
    }

    /// Runs in the background, so that the response time does not reveal who is registered. The hashing before it limits the rate.
    private func noteFailure(of user: User, _ origin: RequestOrigin) {
        let entry = origin.audit(.signInFailed, in: user.tenant, by: AuditActor(user), detail: origin.device)
        Task {
            do {
                try await store.append(entry)
            } catch {
                logger.warning("audit entry of a failed sign-in not written", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Rehashes a password in the background if its hash has a lower cost than the settings require.
    func renewHash(of user: User, _ password: String) {
        guard hasher.needsRenewal(user.passwordHash) else { return }
        Task {
            do {
                try await store.rehash(user, as: try await hasher.hash(password))
            } catch {
                logger.warning("password not rehashed", metadata: ["user_id": "\(user.id)", "error": "\(error)"])
            }
        }
    }

    private static let accountDisabled = PixelFlowError(
        .forbidden, code: "account_disabled", "This account is disabled; ask the operator of this service.")

    private static let emailTaken = PixelFlowError(
        .conflict, code: "email_taken", "An account with this email address already exists; sign in instead.", field: "email")

    private static let credentialsInvalid = PixelFlowError(
        .unauthenticated, code: "credentials_invalid", "The email address or the password is wrong.")
}
