package import HTTPTypes
package import PixelFlowCore
import WireFormats

extension PixelFlowError.Kind {
    /// The HTTP status of this kind.
    package var status: HTTPResponse.Status {
        switch self {
        case .malformed: .badRequest
        case .unauthenticated: .unauthorized
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .conflict: .conflict
        case .preconditionFailed: .preconditionFailed
        case .tooLarge: .contentTooLarge
        case .unsupportedMediaType: .unsupportedMediaType
        case .rangeNotSatisfiable: .rangeNotSatisfiable
        case .invalid: .unprocessableContent
        case .throttled: .tooManyRequests
        case .unavailable: .serviceUnavailable
        case .insufficientStorage: .init(code: 507, reasonPhrase: "Insufficient Storage")
        case .internal: .internalServerError
        }
    }
}

extension PixelFlowError {
    /// The bearer token is missing (401).
    package static let tokenMissing = PixelFlowError(
        .unauthenticated, code: "token_missing", "Send a token as \"Authorization: Bearer TOKEN\".")

    /// The token is not one of PixelFlow's. Does not say which part is invalid, because that would only help an attacker (401).
    package static let tokenInvalid = PixelFlowError(.unauthenticated, code: "token_invalid", "The token is not valid.")

    /// An expired token of PixelFlow (401).
    package static let tokenExpired = PixelFlowError(.unauthenticated, code: "token_expired", "The token has expired; sign in again.")

    /// An API key past its expiry (401).
    static let keyExpired = PixelFlowError(
        .unauthenticated, code: tokenExpired.code, "The API key has expired; use one that has not.")

    /// An API key that was revoked a moment ago (401).
    package static let keyRevoked = PixelFlowError(.unauthenticated, code: "token_revoked", "The API key has been revoked.")

    /// A token or key that was valid until a sign-out, a revocation or a change of its membership (401).
    package static let tokenRevoked = PixelFlowError(
        .unauthenticated, code: "token_revoked", "The session, API key or membership has ended or changed; sign in again.")

    /// An API key with a typo (401).
    static let keyMalformed = PixelFlowError(
        .unauthenticated, code: "token_invalid", "The API key has a typing error: its checksum does not match.")

    /// Too many unknown API keys from one address (429).
    static func authenticationThrottled(_ seconds: Int) -> PixelFlowError {
        PixelFlowError(
            .throttled, code: "authentication_throttled",
            "Too many unknown API keys from your address; try again in \(seconds.counted("second")).",
            retry: .transient, retryAfter: seconds)
    }

    /// An API key used from an address outside its networks (403).
    static let networkNotAllowed = PixelFlowError(
        .forbidden, code: "network_not_allowed", "This API key may not be used from this address.")

    /// No service secret is set, so operator routes are disabled (403).
    package static let operatorAccessOff = PixelFlowError(
        .forbidden, code: "operator_access_off", "Operator access is off; set PIXELFLOW_SERVICE_SECRET to turn it on.")

    /// The client disconnected before the end of the body (400).
    package static func uploadAborted(_ cause: any Error) -> PixelFlowError {
        PixelFlowError(.malformed, code: "upload_aborted", "The request ended early.", cause: cause)
    }

    /// The body exceeds `limit` bytes (413).
    package static func bodyTooLarge(limit: Int) -> PixelFlowError {
        PixelFlowError(.tooLarge, code: "body_too_large", "The body is larger than \(limit.counted("byte")).")
    }

    /// One address, or the whole process, has too many connections (429).
    package static let tooManyConnections = PixelFlowError(
        .throttled, code: "too_many_connections", "Too many connections are open; close some or try again later.", retryAfter: 10)
}

/// An error with additional header fields for its response.
package struct HeaderedError: Error, CustomStringConvertible {
    package let error: any Error
    package let headers: HTTPFields

    package init(_ error: PixelFlowError, headers: HTTPFields) { self.init(wrapping: error, headers: headers) }

    /// - Parameter error: any error that a route may throw.
    package init(wrapping error: any Error, headers: HTTPFields) {
        self.error = error
        self.headers = headers
    }

    package var description: String { String(describing: error) }
}

extension Error {
    /// Whether this is a refusal of the credentials (401), with additional header fields or without.
    package var isUnauthenticated: Bool {
        switch self {
        case let error as PixelFlowError: error.kind == .unauthenticated
        case let error as HeaderedError: error.error.isUnauthenticated
        default: false
        }
    }
}
