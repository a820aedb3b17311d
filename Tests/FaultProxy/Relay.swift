import NIOCore
import NIOPosix

/// A client connection and the corresponding server connection. Confined to the event loop that they share.
final class Relay {
    enum Side {
        case client, server
    }

    /// Requests are passed to cuts up to this size.
    private static let requestLimit = 65_536
    /// How long a server may take to finish the requests of a client that is gone.
    private static let grace = TimeAmount.seconds(5)

    let eventLoop: any EventLoop
    private let client: any Channel
    private let target: (host: String, port: Int)
    private let faults: Faults
    private let rewrite: (@Sendable (inout ByteBuffer) -> Void)?
    private let onClosed: () -> Void
    private var server: (any Channel)?
    private var toServer: Lane?
    private var toClient: Lane?
    /// What the client has sent since the last byte of the server.
    private var request = ByteBuffer()
    private var pendingCut: ReplyCut?
    private var isCut = false

    /// - Parameter onClosed: called once both connections are closed.
    init(
        client: any Channel, target: (host: String, port: Int), faults: Faults, rewrite: (@Sendable (inout ByteBuffer) -> Void)?,
        onClosed: @escaping () -> Void
    ) {
        self.client = client
        self.target = target
        self.faults = faults
        self.rewrite = rewrite
        self.onClosed = onClosed
        eventLoop = client.eventLoop
    }

    /// Connects to the server after the client has connected. Data from the client is kept meanwhile.
    func connect() {
        toServer = Lane(from: client, faults: faults) { [unowned self] in self.inspect($0) }
        ClientBootstrap(group: eventLoop)
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: target.host, port: target.port)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .success(let server): self.join(server)
                case .failure: self.client.close(promise: nil)
                }
            }
    }

    private func join(_ server: any Channel) {
        guard client.isActive else { return server.close(promise: nil) }
        self.server = server
        toClient = Lane(from: server, faults: faults) { _ in }
        do {
            try server.pipeline.syncOperations.addHandler(RelayHandler(relay: self, side: .server))
        } catch {
            close()
            return
        }
        toServer?.open(to: server)
        toClient?.open(to: client)
    }

    /// Inspects what is about to be sent to the server.
    private func inspect(_ bytes: ByteBuffer) {
        let room = max(0, Self.requestLimit - request.readableBytes)
        request.writeImmutableBuffer(bytes.getSlice(at: bytes.readerIndex, length: min(room, bytes.readableBytes)) ?? ByteBuffer())
        if pendingCut == nil { pendingCut = faults.cut(for: request) }
    }

    func received(_ bytes: ByteBuffer, from side: Side) {
        guard !isCut else { return }
        var bytes = bytes
        if side == .server {
            request.clear()
            if let pendingCut { return cut(pendingCut) }
            rewrite?(&bytes)
        }
        lane(from: side)?.receive(bytes)
    }

    func readCompleted(from side: Side) { lane(from: side)?.readMore() }

    func ended(from side: Side) {
        guard isCut else { lane(from: side)?.receiveEnd(); return }
        if side == .server { server?.close(promise: nil) }
    }

    func closed() {
        if !client.isActive, server?.isActive != true { onClosed() }
    }

    /// `side` accepts bytes again.
    func becameWritable(_ side: Side) { lane(from: side == .client ? .server : .client)?.drain() }

    func wake() {
        toServer?.drain()
        toClient?.drain()
    }

    /// Closes the client's side; the server can finish what it has received.
    private func cut(_ cut: ReplyCut) {
        isCut = true
        toClient = nil
        client.close(promise: nil)
        if let server {
            server.close(mode: .output, promise: nil)
            _ = server.setOption(.autoRead, value: true)
            eventLoop.scheduleTask(in: Self.grace) { server.close(promise: nil) }
        }
        cut.record()
    }

    @discardableResult
    func close() -> EventLoopFuture<Void> {
        isCut = true
        server?.close(promise: nil)
        client.close(promise: nil)
        return .andAllComplete([client.closeFuture, server?.closeFuture].compactMap { $0 }, on: eventLoop)
    }

    private func lane(from side: Side) -> Lane? { side == .client ? toServer : toClient }
}
