import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity

extension Accounts {
    /// Maximum number of messages that one address (IPv6: one /64) can cause in an hour; enough for an office behind one address.
    static let mailsPerHour = 30
    /// How long a link that confirms an address is valid.
    private static let verificationLifetime = Duration.seconds(86_400)
    /// Minimum time between two messages that ask an account to confirm its address.
    private static let verificationPause = Duration.seconds(60)

    /// Queues a password reset for an address. Known and unknown addresses take the same path (one row, evaluated when it is sent), so that
    /// neither the response nor its timing reveals who is registered.
    ///
    /// - Throws: `mail_off` (403), `email_invalid` (422), `mail_throttled` (429), `mail_backlog` (503).
    func forget(email: String, from origin: RequestOrigin) async throws {
        let outbox = try requireOutbox()
        let address = try EmailAddress(email)
        try await mailThrottle.admit(origin.subscriber)
        let prepared = try await outbox.prepare(.passwordForgotten, to: address.text, at: origin.at, for: Self.resetLifetime)
        try await store.queue(prepared.mail)
        outbox.wake()
    }

    /// Creates the secret of an invitation, and the message that contains it if there is an address to send it to.
    ///
    /// - Throws: `recipient_throttled`, `mail_throttled` (429).
    func invitationSecret(
        to address: String?, of organisation: TenantID, for lifetime: Duration, from origin: RequestOrigin
    ) async throws -> (SecretToken, QueuedMail?) {
        guard let address, let outbox else { return (SecretToken(.invitation), nil) }
        try await mailThrottle.admit(origin.subscriber)
        try await recipientThrottle.admit(address)
        let prepared = try await outbox.prepare(.invitation, to: address, of: organisation, at: origin.at, for: lifetime)
        return (prepared.secret, prepared.mail)
    }

    /// Sends another confirmation link to a user.
    ///
    /// - Throws: `mail_off` (403), `email_verified` (409), `mail_throttled` (429), `mail_backlog` (503).
    func sendVerification(to user: User, from origin: RequestOrigin) async throws {
        let outbox = try requireOutbox()
        guard user.emailVerifiedAt == nil else {
            throw PixelFlowError(.conflict, code: "email_verified", "The address is already confirmed.")
        }
        try await mailThrottle.admit(origin.subscriber)
        try await store.add(try await verification(of: user, outbox, at: origin.at), for: user.id, pause: Self.verificationPause)
        outbox.wake()
    }

    /// Marks the address of an account as confirmed.
    ///
    /// - Throws: `verification_invalid` (404).
    func verify(token: String, from origin: RequestOrigin) async throws {
        guard let secret = SecretToken(.verification, parsing: token),
            let user = try await store.verification(hash: secret.hash, at: origin.at),
            try await store.verifyEmail(
                hash: secret.hash, audit: origin.audit(.emailVerified, in: user.tenant, by: AuditActor(user), target: user.id.rawValue),
                user: user.id, at: origin.at)
        else {
            throw PixelFlowError(
                .notFound, code: "verification_invalid", "The link has already been used or has expired; request a new one.")
        }
    }

    /// The verification to send to a new account; nil if the settings do not require one.
    func firstVerification(of user: User) async throws -> IdentityStore.Verification? {
        guard let outbox, outbox.settings.verification == .on else { return nil }
        return try await verification(of: user, outbox, at: user.createdAt)
    }

    private func verification(of user: User, _ outbox: Outbox, at now: Timestamp) async throws -> IdentityStore.Verification {
        let prepared = try await outbox.prepare(.verification, to: user.email, at: now, for: Self.verificationLifetime)
        return IdentityStore.Verification(hash: prepared.secret.hash, mail: prepared.mail)
    }

    private func requireOutbox() throws -> Outbox {
        guard let outbox else {
            throw PixelFlowError(.forbidden, code: "mail_off", "This service sends no mail; ask its operator.")
        }
        return outbox
    }
}
