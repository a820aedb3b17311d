import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket

/// The frames of an upgraded connection.
typealias WebSocket = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

extension APITransport {
    /// Opens a WebSocket, with the same addresses, TLS and credentials as every call.
    /// - Throws: `KubernetesError`, with the server's `Status` if it responded without upgrading.
    func openWebSocket(_ request: APIRequest, protocol name: String) async throws -> WebSocket {
        let used = try await credentials.current()
        switch try await dial(request, name, used) {
        case .success(let socket): return socket
        case .failure(let refusal):
            guard refusal.response.status == 401, await credentials.refused(used) else { throw try await self.refusal(refusal.response) }
            return try await dial(request, name, try await credentials.current()).getOrRefusal(self)
        }
    }

    private func dial(_ request: APIRequest, _ name: String, _ used: RequestCredentials) async throws -> Result<
        WebSocket, UpgradeRefusedError
    > {
        do {
            let upgraded = try await connect { channel in
                try self.configure(channel, request, name, used)
            }
            switch try await upgraded.get() {
            case .upgraded(let socket): return .success(socket)
            case .refused(let response): return .failure(UpgradeRefusedError(response: try await response.get()))
            }
        } catch {
            throw try await describe(error)
        }
    }

    /// Connects, possibly through a proxy, and configures the channel when the connection to the server itself is established.
    private func connect(
        _ configure: @escaping @Sendable (any Channel) throws -> EventLoopFuture<UpgradeOutcome>
    ) async throws -> EventLoopFuture<UpgradeOutcome> {
        let timeout = TimeAmount(configuration.connectTimeout)
        let bootstrap = ClientBootstrap(group: group).connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        guard let proxy else {
            return try await bootstrap.connect(host: address.host, port: address.port) { channel in
                KeepAlive.enable(on: channel).flatMapThrowing { try configure(channel).closing(channel, after: timeout) }
            }
        }
        guard proxy.kind == .http else {
            throw KubernetesError(.configuration, "ports cannot be forwarded through a SOCKS proxy")
        }
        let tunnel = ProxyTunnel.Request(target: "\(address.authority(withPort: address.host))", authorization: proxy.authorization)
        return try await bootstrap.connect(host: proxy.host, port: proxy.port) { channel in
            KeepAlive.enable(on: channel).flatMapThrowing {
                try ProxyTunnel.open(tunnel, on: channel).flatMapThrowing { try configure(channel) }.flatMap { $0 }
                    .closing(channel, after: timeout)
            }
        }
    }

    private func configure(
        _ channel: any Channel, _ request: APIRequest, _ name: String, _ used: RequestCredentials
    ) throws -> EventLoopFuture<UpgradeOutcome> {
        if address.isSecure {
            let handler = try NIOSSLClientHandler(
                context: NIOSSLContext(configuration: tls.with(used.identity)),
                serverHostname: TLSName.forIndication(configuration.tlsServerName ?? address.host))
            try channel.pipeline.syncOperations.addHandler(handler)
        }
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: address.path + request.target, headers: headers(used))
        head.headers.add(name: "Sec-WebSocket-Protocol", value: name)
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration(
            upgradeConfiguration: NIOTypedHTTPClientUpgradeConfiguration(
                upgradeRequestHead: head, upgraders: [WebSocketUpgrade.upgrader],
                notUpgradingCompletionHandler: WebSocketUpgrade.collectRefusal))
        // The first frames may arrive together with the upgrade response.
        configuration.leftOverBytesStrategy = .forwardBytes
        return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: configuration)
    }
}

private struct UpgradeRefusedError: Error {
    let response: RawResponse
}

extension Result where Success == WebSocket, Failure == UpgradeRefusedError {
    fileprivate func getOrRefusal(_ transport: APITransport) async throws -> WebSocket {
        switch self {
        case .success(let socket): return socket
        case .failure(let refusal): throw try await transport.refusal(refusal.response)
        }
    }
}

extension EventLoopFuture<UpgradeOutcome> {
    /// Closes a channel whose handshakes take too long, or whose server refuses without ending its response.
    fileprivate func closing(_ channel: any Channel, after timeout: TimeAmount) -> EventLoopFuture<UpgradeOutcome> {
        let deadline = eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
        whenComplete { outcome in
            if case .success(.refused(let response)) = outcome {
                response.whenComplete { _ in deadline.cancel() }
            } else {
                deadline.cancel()
            }
        }
        return self
    }
}
