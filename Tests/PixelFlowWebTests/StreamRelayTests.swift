import NIOCore
import NIOEmbedded
import NIOHTTP1
import RawHTTP
import Testing

@testable import PixelFlowHTTP
@testable import PixelFlowWeb

/// A stream whose client reads nothing for a while.
@Suite struct StreamRelayTests {
    /// A relay between two connections on one event loop.
    private struct Stack {
        let loop = EmbeddedEventLoop()
        let service: EmbeddedChannel
        let client: EmbeddedChannel
        let reads = ReadCounter()

        init() throws {
            service = EmbeddedChannel(loop: loop)
            client = EmbeddedChannel(loop: loop)
            let opening = try StreamRelay.ask(service, HTTPRequestHead(version: .http1_1, method: .GET, uri: "/api/events"))
            try service.pipeline.syncOperations.addHandler(reads, position: .first)
            for channel in [service, client] {
                let connected = channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1))
                // bounded: an embedded event loop has run everything already
                try connected.wait()
            }
            try send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
            // bounded: as above
            guard case .events(let relay, _) = try opening.wait() else { throw ChannelError.eof }
            let observer = RequestObserver(ConnectionGuard(registry: ConnectionRegistry(), metrics: nil))
            let connection = ResponseTail.Connection()
            try client.pipeline.syncOperations.addHandlers([observer, connection])
            relay.value.follow(ResponseTail(connection, observer))
        }

        func send(_ text: String) throws { try service.writeInbound(ByteBuffer(string: text)) }

        /// Nothing has arrived for `Upstream.silenceLimit`. `IdleStateHandler` measures it by the system's clock, so the test says it instead.
        func silence() { service.pipeline.fireUserInboundEventTriggered(IdleStateHandler.IdleStateEvent.read) }

        func setWritable(_ isWritable: Bool) {
            client.isWritable = isWritable
            client.pipeline.fireChannelWritabilityChanged()
        }

        /// What the client has been sent since the last call.
        func received() throws -> String {
            var text = ""
            // bounded: by what was sent.
            while let part = try client.readOutbound(as: HTTPServerResponsePart.self) {
                if case .body(.byteBuffer(let bytes)) = part { text += String(buffer: bytes) }
            }
            return text
        }
    }

    @Test func theServiceIsReadOnlyAsFastAsTheClientReads() throws {
        let stack = try Stack()
        stack.setWritable(false)
        let before = stack.reads.count
        stack.service.read()
        #expect(stack.reads.count == before)
        // What has been read already is passed on.
        try stack.send("6\r\ndata: \r\n")
        #expect(try stack.received() == "data: ")
        stack.setWritable(true)
        #expect(stack.reads.count == before + 1)
    }

    /// Nothing arrives because nothing is read, and not because the service is gone.
    @Test func aClientThatReadsNothingKeepsTheService() throws {
        let stack = try Stack()
        stack.setWritable(false)
        stack.silence()
        #expect(stack.service.isActive)
        stack.setWritable(true)
        try stack.send("6\r\ndata: \r\n")
        #expect(try stack.received() == "data: ")
        // From now on, silence is that of the service.
        stack.silence()
        #expect(!stack.service.isActive)
    }
}
