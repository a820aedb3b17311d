import NIOCore
import NIOSSL

/// What one connection is for, and how it is secured.
struct ConnectionSettings: Sendable {
    let endpoint: SMTPEndpoint
    let timeouts: SMTPTimeouts
    let tls: NIOSSLContext?
    let envelope: SMTPDialogue.Envelope
    let data: ByteBuffer

    /// Verifies the certificate against the host.
    func tlsHandler() throws -> NIOSSLClientHandler {
        guard let tls else { throw SMTPError(.security, "TLS is off.") }
        return try ServerCertificate.handler(for: endpoint.host, context: tls)
    }

    func timeout(for phase: SMTPDialogue.Phase) -> Duration {
        switch phase {
        case .greeting: timeouts.greeting
        case .completion: timeouts.completion
        default: timeouts.command
        }
    }

    /// What the client calls itself: the address that it speaks from (RFC 5321, section 4.1.3), as a container has no name of use.
    static func name(_ address: SocketAddress?) -> String {
        guard let address, let text = address.ipAddress else { return "[127.0.0.1]" }
        return address.protocol == .inet6 ? "[IPv6:\(text)]" : "[\(text)]"
    }
}
