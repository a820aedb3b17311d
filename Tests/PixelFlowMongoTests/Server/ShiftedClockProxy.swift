import NIOCore
import NIOPosix

/// A TCP proxy that shifts the clock of a MongoDB server by changing `localTime` in its replies to `hello`. To a process, this looks
/// the same as its own clock being wrong by the same amount in the other direction.
final class ShiftedClockProxy: Sendable {
    let port: Int
    private let channel: any Channel

    static func start(to host: String, port: Int, shift: Duration) async throws -> ShiftedClockProxy {
        let milliseconds = shift.components.seconds * 1000
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { client in
                ClientBootstrap(group: client.eventLoop)
                    .connect(host: host, port: port)
                    .flatMap { server in
                        let reads = client.pipeline.addHandler(Forwarder(to: server, shift: 0))
                        return reads.and(server.pipeline.addHandler(Forwarder(to: client, shift: milliseconds))).map { _ in }
                    }
                    .flatMap { client.setOption(.autoRead, value: true) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return ShiftedClockProxy(channel)
    }

    private init(_ channel: any Channel) {
        self.channel = channel
        port = channel.localAddress?.port ?? 0
    }

    func stop() async throws { try await channel.close() }
}

private final class Forwarder: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    /// The type byte and name of the BSON date.
    private static let field = [0x09] + Array("localTime\0".utf8)

    private let peer: any Channel
    private let shift: Int64

    init(to peer: any Channel, shift: Int64) {
        self.peer = peer
        self.shift = shift
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        // Replies to `hello` are small and arrive in one piece.
        if shift != 0, let found = bytes.readableBytesView.firstRange(of: Self.field) {
            let value: Int64? = bytes.getInteger(at: found.upperBound, endianness: .little)
            if let value { bytes.setInteger(value + shift, at: found.upperBound, endianness: .little) }
        }
        peer.writeAndFlush(bytes, promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        peer.close(promise: nil)
    }
}
