import NIOCore
import NIOPosix

/// Accepts connections and creates a relay to the server for each.
struct Listener: Sendable {
    let host: String
    let port: Int
    let rewrite: (@Sendable (inout ByteBuffer) -> Void)?
    let faults = Faults()
    let relays = RelayRegistry()

    func bind(host localHost: String, port localPort: Int) async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { client in
                client.eventLoop.makeCompletedFuture { try self.attach(to: client) }
            }
            .bind(host: localHost, port: localPort)
            .get()
    }

    private func attach(to client: any Channel) throws {
        let relay = relays.add { leave in
            Relay(client: client, target: (host, port), faults: faults, rewrite: rewrite, onClosed: leave)
        }
        try client.pipeline.syncOperations.addHandler(RelayHandler(relay: relay, side: .client))
    }
}
