public import NIOCore
public import NIOPosix
import NIOSSL

/// Sends messages to one server, each over its own connection. Can be used by any number of tasks concurrently.
public struct SMTPClient: Sendable {
    public let endpoint: SMTPEndpoint
    private let timeouts: SMTPTimeouts
    private let group: any EventLoopGroup
    private let tls: NIOSSLContext?

    /// Does not use the network.
    ///
    /// - Throws: `SMTPError` of kind `.message` if the certificate authorities cannot be read.
    public init(
        _ endpoint: SMTPEndpoint, timeouts: SMTPTimeouts = SMTPTimeouts(), group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) throws(SMTPError) {
        self.endpoint = endpoint
        self.timeouts = timeouts
        self.group = group
        guard endpoint.isImplicitTLS || endpoint.security != .off else {
            tls = nil
            return
        }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let file = endpoint.authorities { configuration.trustRoots = .file(file) }
        do {
            tls = try NIOSSLContext(configuration: configuration)
        } catch {
            throw SMTPError(.message, "The certificate authorities cannot be read.")
        }
    }

    /// Sends a message, and returns once the server has accepted responsibility for it.
    ///
    /// - Throws: `SMTPError`; `CancellationError` if the task is cancelled, after which the server may or may not have the message.
    public func send(_ message: MailMessage) async throws {
        let data = MessageData(message.lines)
        let envelope = SMTPDialogue.Envelope(
            from: message.from.address, to: message.to.address, size: data.count,
            needsUTF8: !(message.from.isASCII && message.to.isASCII))
        let loop = group.any()
        let done = loop.makePromise(of: Void.self)
        let connection = ConnectionSettings(
            endpoint: endpoint, timeouts: timeouts, tls: tls, envelope: envelope, data: data.bytes)
        try await withTaskCancellationHandler {
            ClientBootstrap(group: loop)
                .connectTimeout(TimeAmount(timeouts.connect))
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in
                    // The send was cancelled before the connection was established.
                    done.futureResult.whenFailure { _ in channel.close(promise: nil) }
                    return channel.eventLoop.makeCompletedFuture {
                        if endpoint.isImplicitTLS { try channel.pipeline.syncOperations.addHandler(try connection.tlsHandler()) }
                        try channel.pipeline.syncOperations.addHandler(SMTPHandler(connection, done: done))
                    }
                }
                .connect(host: endpoint.host, port: endpoint.port)
                .whenFailure { done.fail(SMTPError(.connection, "No connection: \($0)")) }
            try await done.futureResult.get()
        } onCancel: {
            done.fail(CancellationError())
        }
    }
}
