import AsyncHTTPClient
import NIOCore
import NIOPosix
import NIOSSL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension APITransport {
    /// Converts an error of the transport. Rethrows cancellation unchanged.
    func describe(_ error: any Error) async throws -> KubernetesError {
        try Task.checkCancellation()
        switch error {
        case let error as KubernetesError: return error
        case is CancellationError: throw error
        case let error as HTTPClientError: return describe(clientError: error)
        case let error as NIOConnectionError: return unreachable(reason(error))
        case let error as IOError: return unreachable(String(cString: strerror(error.errnoCode)))
        case is NIOSSLExtraError: return wrongHost()
        case is NIOSSLError, is BoringSSLError: return await describeHandshake(error)
        case is NIOTooManyBytesError: return KubernetesError(.unexpected, "the server's response is too large")
        default: return unreachable("\(error)")
        }
    }

    private func describe(clientError error: HTTPClientError) -> KubernetesError {
        switch error {
        case .deadlineExceeded, .readTimeout, .writeTimeout, .getConnectionFromPoolTimeout:
            KubernetesError(.timeout, "the server \(address.authority) did not respond in \(configuration.requestTimeout)")
        case .connectTimeout, .tlsHandshakeTimeout:
            unreachable("no connection in \(configuration.connectTimeout)")
        case .socksHandshakeTimeout, .httpProxyHandshakeTimeout, .invalidProxyResponse:
            unreachable("the proxy \(proxy?.host ?? "") did not connect")
        case .proxyAuthenticationRequired: unreachable("the proxy \(proxy?.host ?? "") requires a login")
        case .remoteConnectionClosed, .uncleanShutdown: unreachable("the connection was closed")
        default: unreachable(error.shortDescription)
        }
    }

    func unreachable(_ reason: String) -> KubernetesError {
        KubernetesError(.unreachable, "the server \(address.authority) cannot be reached: \(reason)")
    }

    private func reason(_ error: NIOConnectionError) -> String {
        if let failure = error.connectionErrors.last?.error as? IOError { return String(cString: strerror(failure.errnoCode)) }
        if error.connectionErrors.isEmpty { return "the name \(error.host) cannot be resolved" }
        return "no connection in \(configuration.connectTimeout)"
    }

    /// The error for a response that is not 2xx, with the likely cause.
    func refusal(_ response: RawResponse) async throws -> KubernetesError {
        let error = KubernetesError(status: response.status, body: response.body)
        guard error.kind == .unauthorized else { return error }
        let user = configuration.userName.map { " of user '\($0)'" } ?? ""
        if let expiry = try await credentials.current().identity?.expiry, expiry <= .now {
            return KubernetesError(.unauthorized, "the client certificate\(user) expired on \(expiry.text)", status: error.status)
        }
        return KubernetesError(
            .unauthorized, "the server does not accept the credentials\(user) (\(error.status?.message ?? "401"))",
            hint: "log in again, or choose another context", status: error.status)
    }
}
