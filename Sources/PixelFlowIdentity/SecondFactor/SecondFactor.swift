package import PixelFlowCore

/// What a person has beside the password: an authenticator app that shares a secret with this service, and codes for the day on which
/// the app is lost.
package struct SecondFactor: Sendable, Hashable {
    /// Base 32 (RFC 4648) without padding, as apps take it. Never logged.
    package var secret: String
    /// Nil until the person has shown a code of the app: until then no sign-in asks for one.
    package var confirmedAt: Timestamp?
    /// The time step of the last code that was accepted; a code counts once.
    package var lastStep: Int64
    /// Wrong codes since the last right one.
    package var failures: Int
    package var failedAt: Timestamp?
    /// Of the codes that have not been used.
    package var recoveryHashes: Set<String>
}

/// What a sign-in spends of a second factor.
package enum SecondFactorUse: Sendable, Hashable {
    /// The code of a time step.
    case step(Int64)
    /// The recovery code with this hash.
    case recoveryCode(hash: String)
}

extension PixelFlowError {
    package static let secondFactorInvalid = PixelFlowError(
        .unauthenticated, code: "second_factor_invalid", "The code is wrong or has already been used.", field: "code")
}
