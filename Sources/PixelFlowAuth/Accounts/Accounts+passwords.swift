import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity

extension Accounts {
    /// How long a reset token is valid.
    static let resetLifetime = Duration.seconds(3600)

    /// Changes a password and ends every other session of the account.
    ///
    /// - Throws: `password_wrong` (403), `login_throttled` (429), `password_too_short`, `password_too_long` (422).
    func setPassword(
        of user: User, present: String, new: String, keeping session: SessionID?, from origin: RequestOrigin
    ) async throws {
        try PasswordRules.check(new, field: "new_password")
        try await confirm(present, of: user, from: origin)
        try await store.setPassword(
            of: user.id, hash: try await hasher.hash(new), keeping: session,
            audit: origin.audit(.passwordChanged, in: user.tenant, by: AuditActor(user), target: user.id.rawValue), at: origin.at)
    }

    /// Checks that the holder of a token also has the password. Wrong passwords are throttled like failed logins.
    ///
    /// - Throws: `password_wrong` (403), `login_throttled` (429).
    func confirm(_ password: String, of user: User, from origin: RequestOrigin) async throws {
        let attempt = try await throttle.begin(account: user.email, address: origin.subscriber)
        let isRight: Bool
        do {
            isRight = try await hasher.verify(password, against: user.passwordHash, for: origin.subscriber)
        } catch {
            try await throttle.end(attempt, .undecided)
            throw error
        }
        try await throttle.end(attempt, isRight ? .succeeded : .failed)
        guard isRight else {
            throw PixelFlowError(.forbidden, code: "password_wrong", "The password is wrong.", field: "password")
        }
    }

    /// Creates a token that authorises setting a new password.
    func makeReset(for user: User, at now: Timestamp) async throws -> SecretToken {
        let secret = SecretToken(.passwordReset)
        try await store.addPasswordReset(hash: secret.hash, for: user.id, at: now, until: now + Self.resetLifetime)
        return secret
    }

    /// Sets a password with a token from `makeReset`, ends all sessions of the account and revokes the keys of its personal organisation.
    ///
    /// - Throws: `reset_invalid` (404), `password_too_short`, `password_too_long` (422).
    func resetPassword(token: String, new: String, from origin: RequestOrigin) async throws {
        guard let secret = SecretToken(.passwordReset, parsing: token),
            let user = try await store.passwordReset(hash: secret.hash, at: origin.at)
        else { throw Self.resetInvalid }
        try PasswordRules.check(new, field: "new_password")
        let hash = try await hasher.hash(new)
        let audit = origin.audit(.passwordChanged, in: user.tenant, by: AuditActor(user), target: user.id.rawValue, detail: "reset")
        guard try await store.resetPassword(hash: secret.hash, passwordHash: hash, audit: audit, user: user, at: origin.at) else {
            throw Self.resetInvalid
        }
    }

    private static let resetInvalid = PixelFlowError(
        .notFound, code: "reset_invalid", "The reset token has already been used or has expired; request a new one.")
}
