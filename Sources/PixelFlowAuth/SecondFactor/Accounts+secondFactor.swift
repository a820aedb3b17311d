import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import WireFormats

extension Accounts {
    /// How many consecutive wrong codes are allowed without a delay. Each further one doubles the delay, up to a day: an attacker who
    /// already has the password then gets into one account in a thousand per year. The count does not depend on the address, unlike that of
    /// wrong passwords, because only someone with the password gets this far.
    private static let codeAllowance = 10
    private static let firstPause = Duration.seconds(900)
    private static let longestPause = Duration.seconds(86_400)

    /// Checks the second factor of a sign-in whose password was right.
    ///
    /// - Returns: the code to spend; nil if the second factor is off.
    /// - Throws: `second_factor_required`, `second_factor_invalid` (401), `login_throttled` (429).
    func secondFactorUse(of user: User, code: String?, at now: Timestamp) async throws -> SecondFactorUse? {
        guard let factor = try await store.secondFactor(of: user.id), factor.confirmedAt != nil else { return nil }
        guard let code, !code.isEmpty else { throw Self.secondFactorRequired }
        return try await check(code, of: user, at: now)
    }

    /// Creates a secret that the user must confirm with a code.
    ///
    /// - Throws: `password_wrong` (403), `login_throttled` (429), `second_factor_on` (409).
    func offerSecondFactor(to user: User, password: String, from origin: RequestOrigin) async throws -> String {
        try await confirm(password, of: user, from: origin)
        let secret = TimeBasedCode.makeSecret()
        try await store.offerSecondFactor(secret, to: user.id, at: origin.at)
        return secret
    }

    /// Turns the second factor on.
    ///
    /// - Returns: the recovery codes, which cannot be read again.
    /// - Throws: `second_factor_invalid` (403) for a wrong code; `second_factor_missing` (409) if there is nothing to confirm.
    func confirmSecondFactor(of user: User, code: String, from origin: RequestOrigin) async throws -> [RecoveryCode] {
        guard let factor = try await store.secondFactor(of: user.id), factor.confirmedAt == nil else { throw Self.nothingToConfirm }
        guard let step = TimeBasedCode.step(of: Self.digits(code), factor.secret, at: Self.seconds(origin.at)) else { throw Self.codeWrong }
        let codes = (0..<RecoveryCode.count).map { _ in RecoveryCode() }
        let isConfirmed = try await store.confirmSecondFactor(
            factor.secret, of: user.id, step: step, recoveryHashes: Set(codes.map(\.hash)),
            audit: origin.audit(.secondFactorOn, in: user.tenant, by: AuditActor(user), target: user.id.rawValue))
        guard isConfirmed else { throw Self.nothingToConfirm }
        return codes
    }

    /// Turns the second factor off. Does nothing if it is off already.
    ///
    /// - Throws: `password_wrong`, `second_factor_invalid` (403), `login_throttled` (429).
    func removeSecondFactor(of user: User, password: String, code: String, from origin: RequestOrigin) async throws {
        try await confirm(password, of: user, from: origin)
        guard let factor = try await store.secondFactor(of: user.id) else { return }
        if factor.confirmedAt != nil {
            do {
                _ = try await check(code, of: user, at: origin.at)
            } catch let error as PixelFlowError where error.code == PixelFlowError.secondFactorInvalid.code {
                // Not 401: the caller's token is valid.
                throw Self.codeWrong
            }
        }
        try await store.removeSecondFactor(
            of: user.id, audit: origin.audit(.secondFactorOff, in: user.tenant, by: AuditActor(user), target: user.id.rawValue))
    }

    /// - Returns: the code to spend; nil if the second factor has been turned off in the meantime.
    private func check(_ code: String, of user: User, at now: Timestamp) async throws -> SecondFactorUse? {
        let factor: SecondFactor
        switch try await store.beginSecondFactorAttempt(of: user.id, at: now, pause: { Self.pause(after: $0) }) {
        case .admitted(let present): factor = present
        case .refused(let end): throw Self.codesThrottled(Int((end - now).components.seconds) + 1)
        case .off: return nil
        }
        if let hash = RecoveryCode.hash(typed: code), factor.recoveryHashes.contains(hash) { return .recoveryCode(hash: hash) }
        if let step = TimeBasedCode.step(of: Self.digits(code), factor.secret, at: Self.seconds(now)), step > factor.lastStep {
            return .step(step)
        }
        throw PixelFlowError.secondFactorInvalid
    }

    private static func pause(after failures: Int) -> Duration {
        guard failures >= codeAllowance else { return .zero }
        // 2^7 quarters of an hour exceed a day.
        return min(longestPause, firstPause * (1 << min(failures - codeAllowance, 7)))
    }

    /// Apps show a code in two groups of digits.
    private static func digits(_ code: String) -> String { code.filter { $0 != " " } }

    /// Seconds since 1970.
    private static func seconds(_ time: Timestamp) -> Int64 { time.microseconds / 1_000_000 }

    static let secondFactorRequired = PixelFlowError(
        .unauthenticated, code: "second_factor_required", "Send the code from your authenticator app as well.", field: "code")
    private static let codeWrong = PixelFlowError(
        .forbidden, code: PixelFlowError.secondFactorInvalid.code, "The code is wrong or has already been used.", field: "code")
    private static let nothingToConfirm = PixelFlowError(
        .conflict, code: "second_factor_missing", "There is no second factor to confirm; ask for a secret first.")

    private static func codesThrottled(_ seconds: Int) -> PixelFlowError {
        PixelFlowError(
            .throttled, code: "login_throttled", "Too many wrong codes; try again in \(seconds.counted("second")).", retryAfter: seconds)
    }
}
