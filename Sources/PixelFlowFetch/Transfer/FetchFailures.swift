import NIOCore
import NIOHTTP1
import NIOSSL
import PixelFlowCore
import PixelFlowURL
import ServerCertificates
import WireFormats

extension PixelFlowError {
    /// The address is only logged: clients must not learn the addresses of private names.
    static func addressBlocked(_ address: IPAddress, _ refusal: AddressRefusal) -> PixelFlowError {
        PixelFlowError(
            .invalid, code: "address_blocked", "The host of the URL resolves to an address from which images may not be fetched.",
            cause: BlockedAddressError(address: address, refusal: refusal))
    }

    /// - Parameter retryAfter: when the name may be looked up again; an earlier retry would waste an attempt.
    static func nameNotResolved(
        _ name: String, isFinal: Bool, retryAfter: Duration? = nil, cause: (any Error)? = nil
    ) -> PixelFlowError {
        PixelFlowError(
            isFinal ? .invalid : .unavailable, code: "name_not_resolved", "The host name \(name) does not resolve to an address.",
            retry: isFinal ? .permanent : .transient, retryAfter: retryAfter.map { Int($0.seconds.rounded(.up)) }, cause: cause)
    }

    /// The lookup did not start in time, because other lookups use all the capacity. The name is not at fault, so no attempt is counted.
    static func lookupPostponed(_ name: String) -> PixelFlowError {
        PixelFlowError(
            .unavailable, code: "name_not_resolved",
            "The host name \(name) has not been looked up yet: too many names are being looked up.",
            retry: .outage, retryAfter: 1)
    }

    static func tooManyRedirects(_ limit: Int) -> PixelFlowError {
        PixelFlowError(.invalid, code: "too_many_redirects", "The URL redirects more than \(limit.counted("time")).")
    }

    static func sourceTooLarge(_ limit: Int) -> PixelFlowError {
        PixelFlowError(.tooLarge, code: "source_too_large", "The image is larger than \(limit.counted("byte")).")
    }

    static func encodingUnsupported(_ coding: String) -> PixelFlowError {
        PixelFlowError(
            .invalid, code: "source_encoding_unsupported",
            "The server sent the image in the encoding \"\(coding.prefix(64))\", which is not supported.")
    }

    static let encodingInvalid = PixelFlowError(
        .invalid, code: "source_encoding_invalid", "The response is not in the encoding that the server declared.")

    static let encodingTruncated = PixelFlowError(
        .unavailable, code: "source_unavailable", "The response ended before its encoded content was complete.", retry: .transient)

    static let downgrade = PixelFlowError(.invalid, code: "source_refused", "The URL redirects from https to http.")

    static let sourceTimeout = PixelFlowError(
        .unavailable, code: "source_timeout", "The server did not deliver the image in time.", retry: .transient)

    /// Maps a network error to an error code. An untrusted certificate is permanent; everything else is transient.
    static func fetchFailure(_ error: any Error) -> PixelFlowError {
        switch error {
        case let known as PixelFlowError:
            return known
        case let connect as ConnectError:
            guard case ChannelError.connectTimeout = connect.cause else { return unreachable(connect) }
            return PixelFlowError(sourceTimeout.kind, code: sourceTimeout.code, sourceTimeout.message, retry: .transient, cause: connect)
        case _ where isUntrusted(error):
            return PixelFlowError(.invalid, code: "source_refused", "The server's certificate is not trusted.", cause: error)
        case HTTPParserError.invalidEOFState:
            return PixelFlowError(
                .unavailable, code: "source_unavailable", "The response of the server ended early.", retry: .transient, cause: error)
        case is HTTPParserError:
            return PixelFlowError(
                .unavailable, code: "source_unavailable", "The server did not send a valid HTTP response.", retry: .transient, cause: error)
        default:
            return unreachable(error)
        }
    }

    private static func unreachable(_ cause: any Error) -> PixelFlowError {
        PixelFlowError(
            .unavailable, code: "source_unreachable", "The connection to the server failed.", retry: .transient, cause: cause)
    }

    /// BoringSSL distinguishes an invalid certificate from other handshake failures only in the message.
    private static func isUntrusted(_ error: any Error) -> Bool {
        if case NIOSSLError.handshakeFailed(let reason) = error { return "\(reason)".contains("CERTIFICATE_VERIFY_FAILED") }
        return error is NIOSSLExtraError || error is CertificateMismatchError
    }
}

/// The refused address and the reason, for logs.
struct BlockedAddressError: Error, CustomStringConvertible {
    var address: IPAddress
    var refusal: AddressRefusal
    var description: String { "\(address) is refused: \(refusal.rawValue)" }
}
