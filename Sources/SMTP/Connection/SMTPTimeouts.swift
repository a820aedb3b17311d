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
