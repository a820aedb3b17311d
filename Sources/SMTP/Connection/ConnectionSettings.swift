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

/// How long the client waits for a server, by what for.
public struct SMTPTimeouts: Sendable, Hashable {
    /// For the connection, with every address of the host.
    public var connect: Duration = .seconds(15)
    /// For the greeting, which busy servers delay on purpose; RFC 5321 names 5 minutes.
    public var greeting: Duration = .seconds(60)
    /// For the answer to a command, the handshake of TLS included.
    public var command: Duration = .seconds(60)
    /// For the server to take the message in.
    public var message: Duration = .seconds(120)
    /// For the answer to the final dot. Giving up early makes a second copy likely: RFC 5321 names 10 minutes.
    public var completion: Duration = .seconds(300)
    /// For everything together.
    public var total: Duration = .seconds(600)

    public init() {}
}
