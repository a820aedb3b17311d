import AsyncHTTPClient
import CircuitBreaker
import NIOCore
import PixelFlowCore

/// Classifies the errors of an attempt.
enum S3Failure {
    /// Whether a retry of the same request may succeed.
    static func isTransient(_ error: any Error) -> Bool {
        switch error {
        case let refusal as S3ServiceError: refusal.isTransient
        case is CircuitOpenError, is PixelFlowError, is CancellationError: false
        // Everything else is a failed connection or an invalid response.
        default: true
        }
    }

    /// Converts the error to a `PixelFlowError`.
    static func asPixelFlow(_ error: any Error) -> PixelFlowError {
        if let known = error as? PixelFlowError { return known }
        if let refusal = error as? S3ServiceError, refusal.isLackOfRoom { return .insufficientStorage(cause: refusal) }
        guard let refusal = error as? S3ServiceError, refusal.isMisconfiguration else {
            return .unavailable("blob_store", cause: error)
        }
        let word = refusal.code.isEmpty ? "status \(refusal.status)" : refusal.code
        return PixelFlowError(
            .unavailable, code: "blob_store_refused",
            "The blob store rejects PixelFlow's requests (\(word)); the operator must correct its settings or credentials.",
            retry: .outage, retryAfter: 60, cause: refusal)
    }
}

extension PixelFlowError {
    /// The error response of the object store, if there was one.
    var refusal: S3ServiceError? { cause as? S3ServiceError }
}

/// A response that violates the S3 protocol.
struct S3ProtocolError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
