import NIOCore
import NIOSSL
import ServerCertificates

/// The endpoint, security and timeouts of one connection.
struct ConnectionSettings: Sendable {
    let endpoint: SMTPEndpoint
    let timeouts: SMTPTimeouts
    let tls: NIOSSLContext?
    let envelope: SMTPDialogue.Envelope
    let data: ByteBuffer

    /// Verifies the certificate against the host name.
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

    /// The client's name in EHLO: its IP address (RFC 5321, section 4.1.3), because the name of a container is meaningless to servers.
    static func name(_ address: SocketAddress?) -> String {
        guard let address, let text = address.ipAddress else { return "[127.0.0.1]" }
        return address.protocol == .inet6 ? "[IPv6:\(text)]" : "[\(text)]"
    }
}

/// How long the client waits for a server in each phase.
public struct SMTPTimeouts: Sendable, Hashable {
    /// For connecting, including all addresses of the host.
    public var connect: Duration = .seconds(15)
    /// For the greeting, which busy servers delay deliberately; RFC 5321 recommends 5 minutes.
    public var greeting: Duration = .seconds(60)
    /// For the reply to a command, including the TLS handshake.
    public var command: Duration = .seconds(60)
    /// For the server to receive the message.
    public var message: Duration = .seconds(120)
    /// For the reply to the final dot. Giving up early risks sending a second copy: RFC 5321 recommends 10 minutes.
    public var completion: Duration = .seconds(300)
    /// For the whole delivery.
    public var total: Duration = .seconds(600)

    public init() {}
}
