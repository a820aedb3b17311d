package import NIOCore
import NIOPosix
import Synchronization

/// A connection on which a test can send bytes that no HTTP client would send.
package struct RawConnection: Sendable {
    package struct Missing: Error, CustomStringConvertible {
        package let description: String
    }

    private let channel: any Channel
    private let inbox: Inbox

    /// - Parameter source: the local address, such as `127.0.0.2`.
    package static func open(port: Int, host: String = "127.0.0.1", from source: String? = nil) async throws -> RawConnection {
        let inbox = Inbox()
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(inbox.handler()) }
            }
        if let source { bootstrap = bootstrap.bind(to: try SocketAddress(ipAddress: source, port: 0)) }
        return RawConnection(channel: try await bootstrap.connect(host: host, port: port).get(), inbox: inbox)
    }

    package func send(_ text: String) async throws { try await send(ByteBuffer(string: text)) }

    package func send(_ bytes: ByteBuffer) async throws { try await channel.writeAndFlush(bytes).get() }

    /// Everything received, once it contains `text`.
    package func reply(containing text: String, within seconds: Int64 = 20) async throws -> String {
        try await inbox.wait(on: channel.eventLoop, within: seconds, for: "\"\(text)\"") { received, _ in received.contains(text) }
    }

    /// Everything received, once the server has closed the connection.
    package func replyUntilClosed(within seconds: Int64 = 20) async throws -> String {
        try await inbox.wait(on: channel.eventLoop, within: seconds, for: "the end of the connection") { _, isClosed in isClosed }
    }

    /// Stops reading, or continues. What the server sends meanwhile fills the buffers of the sockets.
    package func read(_ reads: Bool) async throws { try await channel.setOption(.autoRead, value: reads).get() }

    package func close() { channel.close(promise: nil) }
}

/// What one connection has received, and who waits for it.
private final class Inbox: Sendable {
    private struct State {
        var received = ""
        var isClosed = false
        var waiter: (matches: @Sendable (String, Bool) -> Bool, promise: EventLoopPromise<String>)?
    }

    private let state = Mutex(State())

    func handler() -> Handler { Handler(inbox: self) }

    func wait(
        on loop: any EventLoop, within seconds: Int64, for what: String, _ matches: @escaping @Sendable (String, Bool) -> Bool
    ) async throws -> String {
        let promise = loop.makePromise(of: String.self)
        state.withLock { $0.waiter = (matches, promise) }
        change { _ in }
        let timer = loop.scheduleTask(in: .seconds(seconds)) { [self] in
            let received = state.withLock { state in
                state.waiter = nil
                return state.received
            }
            promise.fail(RawConnection.Missing(description: "waited \(seconds) s for \(what), got: \(received)"))
        }
        defer { timer.cancel() }
        return try await promise.futureResult.get()
    }

    private func change(_ body: (inout State) -> Void) {
        let done = state.withLock { state -> (EventLoopPromise<String>, String)? in
            body(&state)
            guard let waiter = state.waiter, waiter.matches(state.received, state.isClosed) else { return nil }
            state.waiter = nil
            return (waiter.promise, state.received)
        }
        done?.0.succeed(done?.1 ?? "")
    }

    final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let inbox: Inbox

        init(inbox: Inbox) { self.inbox = inbox }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let text = String(buffer: unwrapInboundIn(data))
            inbox.change { $0.received += text }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if let event = event as? ChannelEvent, event == .inputClosed { inbox.change { $0.isClosed = true } }
            context.fireUserInboundEventTriggered(event)
        }

        func channelInactive(context: ChannelHandlerContext) { inbox.change { $0.isClosed = true } }

        /// A reset connection counts as closed.
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
