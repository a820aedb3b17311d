package import PixelFlowCore
import Synchronization

extension IdentityStore {
    private static let find = SQLStatement(
        "second_factor", "SELECT secret, confirmed_at, last_step, failures, failed_at FROM second_factors WHERE user_id = $1")
    private static let codes = SQLStatement("recovery_codes", "SELECT hash FROM recovery_codes WHERE user_id = $1")
    private static let forgetUnconfirmed = SQLStatement(
        "drop_unconfirmed_second_factor", "DELETE FROM second_factors WHERE user_id = $1 AND confirmed_at = 0")
    private static let insert = SQLStatement(
        "add_second_factor",
        """
        INSERT INTO second_factors (user_id, secret, created_at, confirmed_at, last_step, failures, failed_at)
        VALUES ($1, $2, $3, 0, 0, 0, 0) ON CONFLICT (user_id) DO NOTHING
        """)
    private static let confirm = SQLStatement(
        "confirm_second_factor",
        "UPDATE second_factors SET confirmed_at = $3, last_step = $4 WHERE user_id = $1 AND secret = $2 AND confirmed_at = 0")
    private static let addCode = SQLStatement("add_recovery_code", "INSERT INTO recovery_codes (user_id, hash) VALUES ($1, $2)")
    private static let spendStep = SQLStatement(
        "spend_second_factor_step",
        "UPDATE second_factors SET last_step = $2, failures = 0 WHERE user_id = $1 AND last_step < $2 AND confirmed_at > 0")
    private static let spendCode = SQLStatement("spend_recovery_code", "DELETE FROM recovery_codes WHERE user_id = $1 AND hash = $2")
    private static let resetFailures = SQLStatement(
        "reset_second_factor_failures", "UPDATE second_factors SET failures = 0 WHERE user_id = $1 AND confirmed_at > 0")
    private static let isOn = SQLStatement(
        "second_factor_is_on", "SELECT count(*) FROM second_factors WHERE user_id = $1 AND confirmed_at > 0")
    private static let hold = SQLStatement(
        "hold_second_factor", "UPDATE second_factors SET user_id = user_id WHERE user_id = $1 AND confirmed_at > 0")
    private static let fail = SQLStatement(
        "fail_second_factor", "UPDATE second_factors SET failures = failures + 1, failed_at = $2 WHERE user_id = $1")
    private static let remove = SQLStatement("remove_second_factor", "DELETE FROM second_factors WHERE user_id = $1")
    private static let removeCodes = SQLStatement("remove_recovery_codes", "DELETE FROM recovery_codes WHERE user_id = $1")

    /// The second factor of a user, confirmed or not; nil if there is none.
    package func secondFactor(of user: UserID) async throws -> SecondFactor? {
        try await database.read(.users) { try Self.secondFactor(of: user, $0) }
    }

    private static func secondFactor(of user: UserID, _ connection: any SQLConnection) throws -> SecondFactor? {
        let hashes = Set(try connection.rows(codes, .id(user)) { $0.text(0) })
        return try connection.rows(find, .id(user)) { row in
            SecondFactor(
                secret: row.text(0), confirmedAt: row.optionalTime(1), lastStep: row.integer(2), failures: Int(row.integer(3)),
                failedAt: row.optionalTime(4), recoveryHashes: hashes)
        }.first
    }

    /// Stores a secret that the user must still confirm. It replaces an earlier unconfirmed one.
    ///
    /// - Throws: `second_factor_on` (409) if a second factor is already confirmed.
    package func offerSecondFactor(_ secret: String, to user: UserID, at now: Timestamp) async throws {
        try await database.write(.users) { connection in
            try connection.execute(Self.forgetUnconfirmed, .id(user))
            guard try connection.execute(Self.insert, .id(user), .text(secret), .time(now)) == 1 else {
                throw PixelFlowError(.conflict, code: "second_factor_on", "The second factor is already on; turn it off first.")
            }
        }
    }

    /// Confirms the secret. From then on, each sign-in needs a code.
    ///
    /// - Parameter step: the time step of the code with which the user confirmed it.
    /// - Returns: false if the secret has been replaced.
    package func confirmSecondFactor(
        _ secret: String, of user: UserID, step: Int64, recoveryHashes: Set<String>, audit: AuditEntry
    ) async throws -> Bool {
        try await database.write(.users) { connection in
            if try Self.isDone(audit, connection) { return true }
            guard try connection.execute(Self.confirm, .id(user), .text(secret), .time(audit.at), .integer(step)) == 1 else { return false }
            try connection.execute(Self.removeCodes, .id(user))
            for hash in recoveryHashes { try connection.execute(Self.addCode, .id(user), .text(hash)) }
            try Self.append(audit, connection)
            return true
        }
    }

    /// Counts an attempt as failed before its code is compared, so that of concurrent guesses no more pass than of consecutive ones. Spending
    /// the right code resets the count.
    ///
    /// - Parameter pause: how long after the last failure the next attempt is refused, by the number of failures.
    package func beginSecondFactorAttempt(
        of user: UserID, at now: Timestamp, pause: @escaping @Sendable (_ failures: Int) -> Duration
    ) async throws -> SecondFactorAttempt {
        let hasRun = Mutex(false)
        return try await database.write(.users) { connection in
            let isRepeated = hasRun.withLock { run in
                defer { run = true }
                return run
            }
            // Locks the row until the end of the transaction, which orders concurrent attempts.
            guard try connection.execute(Self.hold, .id(user)) == 1, let factor = try Self.secondFactor(of: user, connection) else {
                return .off
            }
            // The connection was lost after the transaction: the attempt counts once.
            if isRepeated, factor.failedAt == now { return .admitted(factor) }
            let pause = pause(factor.failures)
            // Without a pause, an attempt may have begun before the last one, because checking its password took longer.
            if let failedAt = factor.failedAt, pause > .zero, now < failedAt + pause { return .refused(until: failedAt + pause) }
            try connection.execute(Self.fail, .id(user), .time(now))
            return .admitted(factor)
        }
    }

    /// Turns the second factor off and deletes its recovery codes.
    package func removeSecondFactor(of user: UserID, audit: AuditEntry) async throws {
        try await database.write(.users) { connection in
            guard try Self.removeSecondFactor(of: user, connection) else { return }
            try Self.append(audit, connection)
        }
    }

    /// - Returns: whether there was a second factor.
    @discardableResult
    static func removeSecondFactor(of user: UserID, _ connection: any SQLConnection) throws -> Bool {
        try connection.execute(removeCodes, .id(user))
        return try connection.execute(remove, .id(user)) == 1
    }

    /// Spends the code of a sign-in, in the transaction of the sign-in.
    ///
    /// - Parameter use: nil for a user without a second factor.
    /// - Throws: `second_factor_invalid` (401) if another sign-in has used the code; `credentials_changed` (409) if the second factor was
    ///   turned on in the meantime.
    static func spend(_ use: SecondFactorUse?, of user: UserID, _ connection: any SQLConnection) throws {
        switch use {
        case nil:
            guard try connection.count(isOn, .id(user)) == 0 else { throw PixelFlowError.credentialsChanged }
        case .step(let step):
            guard try connection.execute(spendStep, .id(user), .integer(step)) == 1 else { throw PixelFlowError.secondFactorInvalid }
        case .recoveryCode(let hash):
            guard try connection.execute(spendCode, .id(user), .text(hash)) == 1 else { throw PixelFlowError.secondFactorInvalid }
            try connection.execute(resetFailures, .id(user))
        }
    }
}
