package import NIOCore
import NIOPosix
import Synchronization

/// A TCP proxy between a service and a server that injects faults on demand.
///
/// Bytes pass in both directions, with back pressure, until a test requests a fault; every fault can be set and
/// removed while connections are open. The proxy is protocol-agnostic: a test selects requests to
/// cut by their bytes, so those connections must not be encrypted.
///
/// ```swift
/// let proxy = try await FaultProxy.start(to: "127.0.0.1", port: 5432)
/// let cut = proxy.cutReplies(toRequestsContaining: "INSERT")
/// // … the server commits, the client never hears of it …
/// try await cut.done()
/// try await proxy.stop()
/// ```
package final class FaultProxy: Sendable {
    /// The address for clients.
    package let host: String
    /// Constant for the lifetime of the proxy, even while connections are refused.
    package let port: Int

    private let listener: Listener
    private let listening: Mutex<(any Channel)?>
    private var faults: Faults { listener.faults }
    private var relays: RelayRegistry { listener.relays }

    private init(host: String, port: Int, listener: Listener, listening: any Channel) {
        self.host = host
        self.port = port
        self.listener = listener
        self.listening = Mutex(listening)
    }

    /// Listens, and connects every client to the server at `host` and `port`.
    ///
    /// - Parameters:
    ///   - localPort: the port for clients; 0 for any free port. A server that reports its own address to clients,
    ///     such as a Kafka broker, must advertise this port, or `rewrite` must correct it.
    ///   - rewrite: receives each chunk of a reply before it is forwarded, and must not change its length.
    /// - Throws: if the port is in use.
    package static func start(
        to host: String, port: Int, listeningOn localPort: Int = 0, localHost: String = "127.0.0.1",
        rewritingReplies rewrite: (@Sendable (inout ByteBuffer) -> Void)? = nil
    ) async throws -> FaultProxy {
        let listener = Listener(host: host, port: port, rewrite: rewrite)
        let channel = try await listener.bind(host: localHost, port: localPort)
        return FaultProxy(host: localHost, port: channel.localAddress?.port ?? localPort, listener: listener, listening: channel)
    }

    /// Closes all connections and stops listening permanently.
    package func stop() async throws {
        try await refuseConnections()
        restore()
        await cutConnections()
    }

    /// The number of open client connections.
    package var connections: Int { relays.count }
}

// MARK: - Faults

extension FaultProxy {
    /// Refuses new connections as if there were no server; open ones continue.
    package func refuseConnections() async throws {
        try await listening.withLock { $0.take() }?.close()
    }

    /// Accepts connections again.
    ///
    /// - Throws: if the port has been taken in the meantime.
    package func acceptConnections() async throws {
        guard listening.withLock({ $0 == nil }) else { return }
        let channel = try await listener.bind(host: host, port: port)
        listening.withLock { $0 = channel }
    }

    /// Closes both sides of every open connection, and returns once they are closed. New ones are accepted.
    package func cutConnections() async {
        await relays.closeAll()
    }

    /// Forwards the next `count` matching requests to the server, but closes the client's connection
    /// when the first byte of the reply arrives: the server has done the work, but the client cannot know.
    ///
    /// - Parameter matching: receives what the client has sent since the last byte of the server, at most
    ///   its first 64 KiB, again with every new chunk.
    @discardableResult
    package func cutReplies(next count: Int = 1, matching: @escaping @Sendable (ByteBuffer) -> Bool = { _ in true }) -> ReplyCut {
        let cut = ReplyCut(count: count, matching: matching)
        faults.add(cut)
        return cut
    }

    /// Like `cutReplies(next:matching:)`, for requests that contain this text.
    @discardableResult
    package func cutReplies(next count: Int = 1, toRequestsContaining text: String) -> ReplyCut {
        let wanted = Array(text.utf8)
        return cutReplies(next: count) { $0.readableBytesView.contains(wanted) }
    }

    /// Keeps connections open and accepts new ones, but forwards nothing, not even their end. Data that
    /// arrives meanwhile is forwarded when this is turned off, as after a network failure.
    package func setBlackHole(_ isOn: Bool) {
        faults.change { $0.isBlackHole = isOn }
        relays.wakeAll()
    }

    /// Delays every byte by this time in both directions, from now on. At most 256 KiB are
    /// in transit in each direction of a connection.
    package func setLatency(_ latency: Duration) {
        faults.change { $0.latency = latency }
    }

    /// Limits the bytes per second in each direction of each connection, from now on; nil for no limit.
    package func setBandwidth(bytesPerSecond: Int?) {
        faults.change { $0.bytesPerSecond = bytesPerSecond }
    }

    /// Removes latency, limit, black hole and pending cuts. Whether connections are
    /// accepted is not changed.
    package func restore() {
        faults.reset()
        relays.wakeAll()
    }
}
