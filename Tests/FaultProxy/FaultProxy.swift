package import NIOCore
import NIOPosix
import Synchronization

/// A TCP proxy between a service and a server that misbehaves on demand.
///
/// Bytes pass both ways, with backpressure, until a test asks for a fault; every fault can be set and
/// taken back while connections are open. The proxy knows no protocol: a test picks the requests to
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
    /// Where clients connect to.
    package let host: String
    /// Stays the same for the life of the proxy, also while connections are refused.
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
    ///   - localPort: where clients connect to; 0 for a free port. A server that tells clients its own
    ///     address, such as a Kafka broker, has to advertise this port, or `rewrite` puts it right.
    ///   - rewrite: is given each piece of a reply before it is passed on, and must not change its length.
    /// - Throws: where the port is taken.
    package static func start(
        to host: String, port: Int, listeningOn localPort: Int = 0, localHost: String = "127.0.0.1",
        rewritingReplies rewrite: (@Sendable (inout ByteBuffer) -> Void)? = nil
    ) async throws -> FaultProxy {
        let listener = Listener(host: host, port: port, rewrite: rewrite)
        let channel = try await listener.bind(host: localHost, port: localPort)
        return FaultProxy(host: localHost, port: channel.localAddress?.port ?? localPort, listener: listener, listening: channel)
    }

    /// Cuts every connection and stops listening, for good.
    package func stop() async throws {
        try await refuseConnections()
        restore()
        await cutConnections()
    }

    /// Connections that clients have open now.
    package var connections: Int { relays.count }
}

// MARK: - Faults

extension FaultProxy {
    /// Refuses new connections, as a server that is not there; open ones go on.
    package func refuseConnections() async throws {
        try await listening.withLock { $0.take() }?.close()
    }

    /// Takes connections again.
    ///
    /// - Throws: where somebody else has got the port in between.
    package func acceptConnections() async throws {
        guard listening.withLock({ $0 == nil }) else { return }
        let channel = try await listener.bind(host: host, port: port)
        listening.withLock { $0 = channel }
    }

    /// Closes every open connection, both sides; returns once they are closed. New ones are welcome.
    package func cutConnections() async {
        await relays.closeAll()
    }

    /// Lets the server have the next `count` requests that match, and cuts the client's connection
    /// when the first byte of a reply comes: the server has done the work, the client cannot know.
    ///
    /// - Parameter matching: is shown what the client has sent since the last byte of the server, at most
    ///   its first 64 KiB, once more with every piece that comes.
    @discardableResult
    package func cutReplies(next count: Int = 1, matching: @escaping @Sendable (ByteBuffer) -> Bool = { _ in true }) -> ReplyCut {
        let cut = ReplyCut(count: count, matching: matching)
        faults.add(cut)
        return cut
    }

    /// As `cutReplies(next:matching:)`, for requests that hold this text.
    @discardableResult
    package func cutReplies(next count: Int = 1, toRequestsContaining text: String) -> ReplyCut {
        let wanted = Array(text.utf8)
        return cutReplies(next: count) { $0.readableBytesView.contains(wanted) }
    }

    /// Keeps connections open and accepts new ones, but forwards nothing, not even their end. What
    /// comes meanwhile is forwarded when the hole closes, as after a broken network.
    package func setBlackHole(_ isOn: Bool) {
        faults.change { $0.isBlackHole = isOn }
        relays.wakeAll()
    }

    /// Forwards every byte this much later, in both directions, from now on. At most 256 KiB are on
    /// their way in each direction of a connection.
    package func setLatency(_ latency: Duration) {
        faults.change { $0.latency = latency }
    }

    /// Forwards at most this many bytes a second in each direction of each connection, from now on; nil for no limit.
    package func setBandwidth(bytesPerSecond: Int?) {
        faults.change { $0.bytesPerSecond = bytesPerSecond }
    }

    /// Ends latency, limit, black hole and cuts that have not happened. Whether connections are
    /// accepted stays as it is.
    package func restore() {
        faults.reset()
        relays.wakeAll()
    }
}
