package import PixelFlowCore

/// An authenticator app that shares a secret with this service, and recovery codes for when the app is lost.
package struct SecondFactor: Sendable, Hashable {
    /// Base 32 (RFC 4648) without padding, as authenticator apps expect. Never logged.
    package var secret: String
    /// Nil until the user has confirmed it with a code; until then, sign-ins need no code.
    package var confirmedAt: Timestamp?
    /// The time step of the last accepted code; each code is accepted once.
    package var lastStep: Int64
    /// Attempts since the last accepted code: wrong codes, and those that are just being checked.
    package var failures: Int
    package var failedAt: Timestamp?
    /// The hashes of the unused recovery codes.
    package var recoveryHashes: Set<String>
}

/// The result of an attempt to enter a code.
package enum SecondFactorAttempt: Sendable, Hashable {
    /// Compare the code with the factor.
    case admitted(SecondFactor)
    /// Too many attempts have failed.
    case refused(until: Timestamp)
    /// There is no confirmed second factor.
    case off
}

/// The code that a sign-in spends.
package enum SecondFactorUse: Sendable, Hashable {
    /// A code of the app, by its time step.
    case step(Int64)
    /// A recovery code, by its hash.
    case recoveryCode(hash: String)
}

extension PixelFlowError {
    package static let secondFactorInvalid = PixelFlowError(
        .unauthenticated, code: "second_factor_invalid", "The code is wrong or has already been used.", field: "code")
}
